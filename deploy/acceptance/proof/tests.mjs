// Lines that are proved by tests: exactly those are run, and counted.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { bound } from "../verdict.mjs";
import { run } from "./process.mjs";

// One test may take two minutes; building them the first time takes six.
const SECONDS = 1800;
export const NATIVE = ["--workspace", "--exclude", "frontend"];

// What nextest says of a run: how many passed and failed.
export function counted(text) {
  const found = /Summary .*?(\d+)(?:\/\d+)? tests? run: (\d+) passed/.exec(text.replace(/\x1b\[[0-9;]*m/g, ""));
  return found ? { passed: Number(found[2]), failed: Number(found[1]) - Number(found[2]) } : null;
}

// What `node --test` says of one.
export function countedJourneys(text) {
  const count = (what) => Number(new RegExp(`^(?:#|ℹ) ${what} (\\d+)$`, "m").exec(text)?.[1] ?? NaN);
  return { passed: count("pass"), failed: count("fail") };
}

export const filter = (names) => `test(/(^|::)(${names.join("|")})$/)`;

// Runs the Rust tests of these names.
async function rust(stage, names) {
  const { code, out, err } = await run(["cargo", "nextest", "run", ...NATIVE, "--no-fail-fast", "-E", filter(names)], { cwd: stage.root, seconds: SECONDS });
  const count = counted(err) ?? counted(out);
  if (!count) throw new Error(`nextest ended with ${code}: ${err.trim().slice(-400)}`);
  return { ...count, out: out + err };
}

// Runs journeys by their files, each once however many lines it proves.
async function journeys(stage, files) {
  const total = { passed: 0, failed: 0 };
  for (const file of files) {
    const { passed, failed } = await stage.once(`journey ${file}`, async () => {
      const command = ["node", "--test", "--test-reporter=spec", "--test-concurrency=1", `end2end/${file}.test.mjs`];
      const { out, err } = await run(command, { cwd: stage.root, env: { NATTER_BIN: stage.binary, NATTER_SITE_ROOT: stage.site }, seconds: SECONDS });
      const count = countedJourneys(out);
      if (!Number.isFinite(count.passed)) throw new Error(`${file}: ${(err || out).trim().slice(-400)}`);
      return count;
    });
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

// What a journey wrote down.
export async function report(stage, file, name) {
  await journeys(stage, [file]);
  return JSON.parse(readFileSync(join(stage.root, `end2end/report/${name}.json`), "utf8"));
}

export async function prove(stage, proof) {
  const parts = [];
  if (proof.rust) parts.push(await rust(stage, proof.rust));
  if (proof.journeys) parts.push(await journeys(stage, proof.journeys));
  const sum = (of) => parts.reduce((total, part) => total + part[of], 0);
  return { figures: { "tests passed": sum("passed"), "tests failed": sum("failed") } };
}

// A line whose proof is a set of tests, Rust ones by their names and journeys by their files. It asks for at least as many as are
// named: a filter that finds nothing proves nothing.
export function proved({ id, what, floor, aim, rust, journeys, how }) {
  const least = (rust?.length ?? 0) + (journeys?.length ?? 0);
  const said = [rust && `the tests ${rust.map((name) => `\`${name}\``).join(", ")}`, journeys && `the journeys ${journeys.map((name) => `\`end2end/${name}.test.mjs\``).join(", ")}`];
  return {
    id, what, floor, aim: aim ?? floor, rust, journeys,
    how: [how, ...said].filter(Boolean).join("; "),
    bounds: [bound("tests failed", "", "= 0"), bound("tests passed", "", `>= ${least}`)],
    measure: (stage) => prove(stage, { rust, journeys }),
  };
}
