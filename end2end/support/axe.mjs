// What axe finds wrong with a page that is shown.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// A line for each rule that is broken, with where. `parts`: selectors of what is looked at, as far as they are there; else all.
export async function faults(page, parts) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(([rules, parts]) => {
    const about = parts ? { include: parts.filter((part) => document.querySelector(part)) } : document;
    return globalThis.axe.run(about, { runOnly: rules });
  }, [RULES, parts]);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`);
}
