// 50,000 people on three instances: three generators, each with addresses of its own.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { pinned, run } from "./process.mjs";
import { together } from "./server.mjs";

const SHARES = 3;

export async function crowd(stage) {
  const people = Math.round(stage.pick(3_000, 50_001) * Number(process.env.ACCEPTANCE_PEOPLE ?? 1));
  const each = Math.floor(people / SHARES);
  const cluster = await together(stage, { users: people, rooms: 3 * 20, members: 50, messages: 60 });
  const lines = readFileSync(cluster.tokens, "utf8").trim().split("\n");
  const generators = cluster.instances.map(async ({ url, pid }, n) => {
    const [tokens, report] = [join(stage.folder, `crowd-${n}.tsv`), join(stage.folder, `crowd-${n}.json`)];
    writeFileSync(tokens, `${lines.slice(n * each, (n + 1) * each).join("\n")}\n`);
    const command = [stage.generator, "idle", "--url", url, "--tokens", tokens, "--connections", String(each), "--rooms", "0", "--connect-rate", "300",
      "--source", `127.0.${n + 1}.2`, "--server-pid", String(pid), "--duration", String(stage.pick(3, 20)), "--json", report];
    const { code, out, err } = await run(pinned(stage.cores.generator, command), { seconds: 1200 });
    if (code !== 0 && code !== 1) throw new Error(`natter-load idle ended with ${code}: ${(err || out).trim().slice(-300)}`);
    return JSON.parse(readFileSync(report, "utf8"));
  });
  const found = await Promise.allSettled(generators);
  await cluster.end();
  const made = found.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
  const connected = made.reduce((sum, one) => sum + one.connections.count, 0);
  const broken = found.filter(({ status }) => status === "rejected").map(({ reason }) => String(reason.message).slice(0, 200));
  return { connected, notes: [...(stage.full ? [] : ["three instances with 3,000 people in the short form"]), ...broken, ...made.flatMap(({ failures }) => failures ?? [])] };
}
