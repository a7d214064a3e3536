// `cargo bench --bench figures`, once for all who ask.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { must } from "./process.mjs";

// The worst of three rounds; the short form seeds a tenth of the messages.
export async function figure(stage, what, place) {
  const { figures } = await stage.once("criterion", async () => {
    const env = { NATTER_BENCH_MESSAGES: String(stage.pick(100_000, 1_000_000)) };
    await must(["cargo", "bench", "--quiet", "--package", "backend", "--bench", "figures"], { cwd: stage.root, env, seconds: 3000 });
    return JSON.parse(readFileSync(join(stage.root, "target/bench/figures.json"), "utf8"));
  });
  const found = figures.find((one) => one.what === what && one.place === place);
  if (!found) throw new Error(`there is no figure called “${what}” of ${place}`);
  return Math.max(...found.rounds);
}
