// make acceptance: walks the lines of the list, writes down what each run said (docs/acceptance.json), and makes the page of
// it (docs/acceptance.md, with pictures in docs/acceptance). `--only R,S8` takes these lines alone and leaves the others as they were;
// `--form full` takes the times that the list names instead of a few seconds of each.
//
// A line that fails is written down and stops no other. Ends with 1 when a line that was run missed its floor or failed.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { choose, options } from "./choose.mjs";
import { LINES } from "./lines/all.mjs";
import { busy, machine } from "./proof/machine.mjs";
import { measured, tally } from "./render.mjs";
import { Stage } from "./stage.mjs";
import { judge } from "./verdict.mjs";
import { kept, write } from "./write.mjs";

const root = join(import.meta.dirname, "../..");

const { only, form } = options(process.argv.slice(2), process.env);
const chosen = choose(LINES, only);
const found = kept();
const stage = new Stage({ root, form });

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => { interrupted = true; stage.abort(); });

for (const line of chosen) {
  if (interrupted) break;
  const result = await take(line);
  if (interrupted) break;
  found.results[line.id] = result;
  console.log(`${line.id.padEnd(4)} ${result.verdict.padEnd(7)} ${measured(line, result)}`);
  save();
}
await stage.end();

const ran = Object.fromEntries(chosen.map(({ id }) => [id, found.results[id]]));
const { aim, floor, missed, error, cannot } = tally(chosen, ran);
console.log(`${chosen.length} lines: ${aim} aims met, ${floor} floors met, ${missed} missed, ${error} failed to be measured, ${cannot} cannot be measured here`);
process.exitCode = interrupted ? 130 : missed + error > 0 ? 1 : 0;

async function take(line) {
  const about = { form, commit: commit(), busy: await busy(), at: new Date().toISOString() };
  const start = Date.now();
  const took = () => ({ seconds: Math.round((Date.now() - start) / 100) / 10 });
  try {
    const { figures = {}, notes = [], plots = [], unjudged = [], cannot, why } = await line.measure(stage);
    if (cannot) return { ...about, ...took(), verdict: "cannot", why: cannot };
    if (why) return { ...about, ...took(), verdict: "error", why };
    return { ...about, ...took(), ...judge(line.bounds.filter(({ figure }) => !unjudged.includes(figure)), figures), figures, notes, plots, unjudged };
  } catch (error) {
    return { ...about, ...took(), verdict: "error", why: String(error.message ?? error).slice(0, 600) };
  }
}

function save() {
  write({ machine: machine(), results: found.results });
}

function commit() {
  const git = (...given) => execFileSync("git", given, { cwd: root, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no").split("\n").some((line) => line && !line.includes("docs/acceptance"));
  return git("rev-parse", "--short", "HEAD") + (changed ? " and changes" : "");
}
