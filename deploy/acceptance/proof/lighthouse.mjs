// Lighthouse on three pages, once for all who ask.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { must, run } from "./process.mjs";

export const lighthouse = (stage) => stage.once("lighthouse", async () => {
  const folder = join(stage.root, "end2end/lighthouse");
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) {
    await must(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { seconds: 600 });
  }
  mkdirSync(stage.folder, { recursive: true });
  const summary = join(stage.folder, "lighthouse.json");
  const env = { NATTER_BIN: stage.binary, NATTER_SITE_ROOT: stage.site, LIGHTHOUSE_RUNS: String(stage.pick(1, 5)), LIGHTHOUSE_SUMMARY: summary };
  const { code, err } = await run(["node", join(folder, "run.mjs")], { cwd: stage.root, env, seconds: 1200 });
  // With 1 a page is below its target, which is a result.
  if (code !== 0 && code !== 1) throw new Error(`Lighthouse ended with ${code}: ${err.trim().slice(-400)}`);
  return JSON.parse(readFileSync(summary, "utf8"));
});
