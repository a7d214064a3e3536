// node finish.mjs SITE [HASHES]: what is left to do once cargo-leptos has filled SITE and written HASHES, the names that the
// server reads (hash.txt beside its binary). Makes the first load lighter, names files by what they hold, builds the
// service worker and what pages need to go on without a network, compresses every file, prints what each weighs, writes
// the same as JSON beside SITE, and fails when a budget is exceeded.
import { readFile, writeFile } from "node:fs/promises";
import { compressSite } from "./compress.mjs";
import { weigh } from "./budget.mjs";
import { lighten } from "./lighten.mjs";
import { nameByContent } from "./names.mjs";
import { buildOffline } from "./offline.mjs";

const site = process.argv[2];
if (!site) {
  console.error("usage: node finish.mjs SITE [HASHES]");
  process.exit(2);
}
const report = `${site.replace(/\/+$/, "")}-sizes.json`;

const budgets = JSON.parse(await readFile(new URL("budget.json", import.meta.url), "utf8"));
if (process.argv[3]) {
  await lighten(site, process.argv[3]);
  await nameByContent(site, process.argv[3]);
}
await buildOffline(site);
const files = await compressSite(site);
const results = weigh(budgets, files);
await writeFile(report, `${JSON.stringify({ files, budgets: results }, null, 2)}\n`);

const number = (value) => value.toLocaleString("en").padStart(11);
console.log(`${"bytes".padStart(11)}${"gzip".padStart(11)}${"brotli".padStart(11)}`);
for (const file of files) console.log(`${number(file.raw)}${number(file.gz)}${number(file.br)}  ${file.name}`);
for (const { name, used, limit, within, missing } of results) {
  console.log(`${within ? "ok" : "OVER BUDGET"}: ${name}: ${used.toLocaleString("en")} of ${limit.toLocaleString("en")} bytes, brotli`);
  for (const pattern of missing) console.log(`  no file is called ${pattern}: is end2end/site/budget.json out of date?`);
}
process.exitCode = results.every(({ within }) => within) ? 0 : 1;
