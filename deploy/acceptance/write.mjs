// The page and its pictures out of the results. `node deploy/acceptance/write.mjs` writes them anew without running anything.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { LINES } from "./lines/all.mjs";
import { plot } from "./plot.mjs";
import { page } from "./render.mjs";

// Elsewhere, to work on the runner without touching what a real run has found.
const docs = process.env.ACCEPTANCE_DOCS ?? join(import.meta.dirname, "../../docs");
const paths = { results: join(docs, "acceptance.json"), page: join(docs, "acceptance.md"), plots: join(docs, "acceptance") };

// What the runs wrote down so far, of lines that there still are.
export function kept() {
  const { results = {}, machine } = existsSync(paths.results) ? JSON.parse(readFileSync(paths.results, "utf8")) : {};
  return { machine, results: Object.fromEntries(LINES.filter(({ id }) => results[id]).map(({ id }) => [id, results[id]])) };
}

export function write(found) {
  writeFileSync(paths.results, `${JSON.stringify(found, null, 1)}\n`);
  mkdirSync(paths.plots, { recursive: true });
  for (const old of readdirSync(paths.plots)) if (old.endsWith(".svg")) rmSync(join(paths.plots, old));
  writeFileSync(paths.page, page(LINES, { ...found, plots: pictures(found.results) }));
}

// Draws the series of each line; gives the files by line.
function pictures(results) {
  const drawn = Object.entries(results).map(([id, { plots = [] }]) => [id, plots.flatMap((series, n) => {
    const svg = plot(series);
    if (!svg) return [];
    const name = `${id.toLowerCase()}-${n + 1}.svg`;
    writeFileSync(join(paths.plots, name), svg);
    return [{ file: `acceptance/${name}`, title: series.title }];
  })]);
  return Object.fromEntries(drawn);
}

if (process.argv[1] === import.meta.filename) write(kept());
