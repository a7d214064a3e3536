// How long people are away while every instance is exchanged.

import { run } from "./process.mjs";
import { NATIVE, counted, filter } from "./tests.mjs";

const MS = { ns: 1e-6, µs: 0.001, ms: 1, s: 1000 };

// What the test prints of those who listen: Rust writes durations as `812.5ms`.
export function read(text) {
  const found = /listeners: (\d+) breaks, half of them below ([\d.]+)(ns|µs|ms|s), 95 % below ([\d.]+)(ns|µs|ms|s), the longest ([\d.]+)(ns|µs|ms|s)/.exec(text);
  if (!found) return null;
  const time = (at) => Number(found[at]) * MS[found[at + 1]];
  const rate = /(\d+) messages a minute meanwhile/.exec(text);
  return { "messages a minute": Number(rate?.[1]), breaks: Number(found[1]), "blackout, p50": time(2), "blackout, p95": time(4), longest: time(6) };
}

export async function blackout(stage) {
  const name = "instances_are_exchanged_one_after_another_and_nobody_is_refused_anything";
  const env = { NATTER_BIN: stage.binary, NATTER_LISTENERS: String(stage.pick(60, 1000)), NATTER_WRITERS: String(stage.pick(6, 10)) };
  const { out, err } = await run(["cargo", "nextest", "run", ...NATIVE, "--no-capture", "-E", filter([name])], { cwd: stage.root, env, seconds: 1800 });
  const [count, found] = [counted(err) ?? counted(out), read(out + err)];
  if (!count || !found) throw new Error(`the test said nothing of it: ${err.trim().slice(-400)}`);
  return { figures: { "tests failed": count.failed, ...found } };
}
