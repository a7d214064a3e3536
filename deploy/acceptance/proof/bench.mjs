// `natter-load bench`: a fresh server on one core, the generator on the other, three runs, medians.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "./process.mjs";

// Every figure of a preset, with these options in place of its own; medians by their place, `/messages/delivery_ms/p99`.
export function bench(stage, preset, { name = preset, options = [], given = [], runs = stage.pick(1, 3) } = {}) {
  return stage.once(`bench ${name}`, async () => {
    const folder = join(stage.folder, `bench-${name}`);
    mkdirSync(folder, { recursive: true });
    const command = [stage.generator, "bench", preset, "--runs", String(runs), "--binary", stage.binary, "--folder", folder,
      "--server-core", stage.cores.server, "--generator-core", stage.cores.generator,
      "--env", `NATTER_SITE_ROOT=${stage.site}`, ...given];
    const { code, err } = await run([...command, "--", ...options], { cwd: stage.root, seconds: 3600 });
    // With 1 there is a report that says what went wrong, and it is judged.
    if (code !== 0 && code !== 1) throw new Error(`natter-load bench ${preset} ended with ${code}: ${err.trim().slice(-400)}`);
    const { figures, runs: made } = JSON.parse(readFileSync(join(folder, `${preset}.json`), "utf8"));
    const median = (place) => figures[place]?.median ?? NaN;
    const failures = made.flatMap((one) => one.failures ?? []);
    return { median, failures, notes: [...new Set(made.flatMap((one) => one.warnings ?? []))].slice(0, 2), made };
  });
}

// p50, p95 and p99 of a place.
export const percentiles = (found, place) =>
  Object.fromEntries(["p50", "p95", "p99"].map((name) => [name, found.median(`${place}/${name}`)]));
