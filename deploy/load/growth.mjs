// How figures grow with the number of people: what `natter-load bench growth` wrote, as pictures.
// Usage: node deploy/load/growth.mjs [FOLDER OF REPORTS] [FOLDER FOR PICTURES]

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { plot } from "../acceptance/plot.mjs";

const root = join(import.meta.dirname, "../..");
const [from = join(root, "target/load"), to = join(root, "docs/growth")] = process.argv.slice(2);

const KIB = 1 / 1024;
// A picture each: the file, its title, its unit, and the series with where their figure stands and what to multiply it by.
const PICTURES = [
  ["delivery", "From due to received", "ms", [
    ["p50", "/messages/delivery_ms/p50", 1], ["p95", "/messages/delivery_ms/p95", 1], ["p99", "/messages/delivery_ms/p99", 1]]],
  ["cpu", "The server's CPU a delivery", "µs", [["CPU", "/server/cpu_us_each", 1]]],
  ["memory", "The server's memory a connection", "KiB", [
    ["resident", "/server/rss_per_connection", KIB], ["proportional", "/server/pss_per_connection", KIB]]],
  ["connect", "Until all are connected", "s", [["all open", "/connections/opened_in_seconds", 1]]],
];

const sizes = existsSync(from) ? readdirSync(from).flatMap((name) => {
  const size = /^growth-(\d+)\.json$/.exec(name)?.[1];
  return size ? [[Number(size), JSON.parse(readFileSync(join(from, name), "utf8")).figures]] : [];
}).sort(([a], [b]) => a - b) : [];
if (!sizes.length) {
  console.error(`No reports in ${from}: run natter-load bench growth first.`);
  process.exit(1);
}

mkdirSync(to, { recursive: true });
for (const [file, title, y, wanted] of PICTURES) {
  const series = wanted.map(([name, place, factor]) => ({
    name, points: sizes.map(([size, figures]) => [size, (figures[place]?.median ?? NaN) * factor]),
  }));
  const svg = plot({ title, x: "people", y, series, doubling: true });
  if (svg) writeFileSync(join(to, `${file}.svg`), svg);
}
console.log(`${sizes.map(([size]) => size.toLocaleString("en")).join(", ")} people: pictures in ${to}`);
