// Searches of a large database, in either engine.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { must, run } from "./process.mjs";
import { together } from "./server.mjs";

const SECONDS = 2400;

export async function searches(stage) {
  await must(["cargo", "build", "--release", "--quiet", "--package", "backend", "--example", "search"], { cwd: stage.root, seconds: SECONDS });
  const count = String(stage.pick(50_000, 1_000_000));
  mkdirSync(stage.folder, { recursive: true });
  const file = join(stage.folder, "search.db");
  // Only for its PostgreSQL: an empty database, which the example fills.
  const cluster = await together(stage, null, { instances: 1 });
  const figures = {};
  const notes = [`${Number(count).toLocaleString("en")} messages`];
  try {
    for (const [engine, url] of [["SQLite", `sqlite://${file}`], ["PostgreSQL", cluster.database]]) {
      const { code, out, err } = await run([join(stage.root, "target/release/examples/search"), url, count], { seconds: SECONDS });
      if (code !== 0) throw new Error(`${engine}: ${err.trim().slice(-300)}`);
      const kinds = read(out);
      const slowest = kinds.reduce((a, b) => (b.p95 > a.p95 ? b : a));
      figures[`${engine} p95`] = slowest.p95;
      notes.push(`${engine}'s slowest: ${slowest.kind}`);
    }
  } finally {
    for (const end of ["", "-wal", "-shm"]) rmSync(file + end, { force: true });
    await cluster.end();
  }
  return { figures: { "slowest p95": Math.max(...Object.values(figures)), ...figures }, notes };
}

// Lines of a kind with its times in milliseconds: p50, p95, the longest, and how many results.
export const read = (out) =>
  [...out.matchAll(/^(\S.{23}) +[\d.]+ +([\d.]+) +[\d.]+ +\d+$/gm)].map(([, kind, p95]) => ({ kind: kind.trim(), p95: Number(p95) }));
