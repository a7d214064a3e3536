// What decides about lines, and that every line can be measured by what there is.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { choose, options } from "./choose.mjs";
import { LINES } from "./lines/all.mjs";
import { plot, ticks } from "./plot.mjs";
import { read as readRolling } from "./proof/rolling.mjs";
import { read as readSearches } from "./proof/search.mjs";
import { counted, countedJourneys } from "./proof/tests.mjs";
import { measured, page } from "./render.mjs";
import { bound, holds, inWords, judge, percentile, slope } from "./verdict.mjs";

const root = join(import.meta.dirname, "../..");
const ids = LINES.map(({ id }) => id);

test("every line of the list is there, in its order", () => {
  const list = { R: 12, S: 11, C: 10, D: 9, F: 11, I: 7, M: 4, X: 6, W: 5, P: 1 };
  assert.deepEqual(ids, Object.entries(list).flatMap(([letter, count]) => Array.from({ length: count }, (_, n) => `${letter}${n + 1}`)));
});

test("every line says what it asks for and how", () => {
  for (const line of LINES) {
    assert.ok(line.what && line.how && line.bounds.length, line.id);
    assert.equal(typeof line.measure, "function", line.id);
    for (const { floor, aim } of line.bounds) for (const condition of [floor, aim]) holds(1, condition);
  }
});

test("the tests that prove a line exist under these names", () => {
  const source = execFileSync("git", ["grep", "--untracked", "-hoE", "fn [a-z0-9_]+\\(", "--", "*.rs"], { cwd: root, encoding: "utf8", maxBuffer: 2 ** 27 });
  const names = new Set(source.split("\n").map((line) => line.slice(3, -1)));
  const missing = LINES.flatMap(({ id, rust = [] }) => rust.filter((name) => !names.has(name)).map((name) => `${id}: ${name}`));
  assert.deepEqual(missing, []);
  const journeys = LINES.flatMap(({ journeys = [] }) => journeys);
  assert.deepEqual(journeys.filter((name) => !existsSync(join(root, `end2end/${name}.test.mjs`))), []);
});

test("a verdict is of all bounds, and what was not measured meets none", () => {
  const bounds = [bound("p50", "ms", "< 50", "< 2"), bound("lost", "", "= 0")];
  assert.deepEqual(judge(bounds, { p50: 1, lost: 0 }), { verdict: "aim", short: [] });
  assert.deepEqual(judge(bounds, { p50: 2, lost: 0 }), { verdict: "floor", short: ["p50"] });
  assert.deepEqual(judge(bounds, { p50: 2, lost: 1 }), { verdict: "missed", short: ["lost"] });
  assert.deepEqual(judge(bounds, { lost: 0 }), { verdict: "missed", short: ["p50"] });
  assert.equal(judge(bounds, { p50: NaN, lost: 0 }).verdict, "missed");
  assert.equal(inWords(bounds, "floor"), "p50 < 50 ms, lost = 0");
  assert.throws(() => holds(1, "about 5"));
});

test("lines are chosen by group and by name, and names that there are not are refused", () => {
  const of = (only) => choose(LINES, only).map(({ id }) => id);
  assert.deepEqual(of("m,S8"), ["S8", "M1", "M2", "M3", "M4"]);
  assert.deepEqual(of(""), ids);
  assert.deepEqual(of("R1"), ["R1"]);
  assert.throws(() => of("R99"), /R99/);
  assert.deepEqual(options(["--only", "R", "--form=full"]), { only: "R", form: "full" });
  assert.deepEqual(options([], { ONLY: "S8", FORM: "" }), { only: "S8", form: "short" });
  assert.throws(() => options([], { FORM: "long" }), /short or full/);
  assert.throws(() => options(["--lines", "R"]), /not understood/);
});

test("percentiles and slopes are what they are", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  assert.deepEqual([0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share)), [50, 95, 99, 100]);
  assert.equal(percentile([7], 0.5), 7);
  assert.equal(slope([[0, 1], [1, 3], [2, 5]]), 2);
  assert.equal(slope([[1, 5], [1, 9]]), 0);
});

test("what other programs print is read, and what is not there is not made up", () => {
  assert.deepEqual(counted("     Summary [   1.2s] 12 tests run: 11 passed (1 slow), 1 failed, 300 skipped"), { passed: 11, failed: 1 });
  assert.deepEqual(counted("     Summary [   1.2s] 3/12 tests run: 2 passed, 1 failed"), { passed: 2, failed: 1 });
  assert.equal(counted("error: no tests to run"), null);
  assert.deepEqual(countedJourneys("ℹ tests 10\nℹ pass 9\nℹ fail 1\n"), { passed: 9, failed: 1 });
  assert.deepEqual(readSearches("a very common word           1.25    12.50    20.00        20\nseeded 5 messages in 1 s\n"), [{ kind: "a very common word", p95: 12.5 }]);
  const said = "9 visits, 4800 messages a minute meanwhile\nlisteners: 60 breaks, half of them below 412.5ms, 95 % below 1.25s, the longest 1.9s";
  assert.deepEqual(readRolling(said), { "messages a minute": 4800, breaks: 60, "blackout, p50": 412.5, "blackout, p95": 1250, longest: 1900 });
  assert.equal(readRolling("nothing"), null);
});

test("the page has a row for each line, whatever became of it", () => {
  const lines = ["R1", "R2", "S1", "W1"].map((id) => ({ id, what: "a | b", how: "so", bounds: [bound("p50", "ms", "< 50", "< 2")] }));
  const about = { form: "short", commit: "abc", busy: 1 };
  const results = {
    R1: { ...about, verdict: "floor", figures: { p50: 3.14159 }, notes: ["quiet"], short: ["p50"] },
    R2: { ...about, verdict: "error", why: "it broke\nin two" },
    S1: { ...about, verdict: "cannot", why: "no such thing here" },
  };
  const text = page(lines, { results, plots: { R1: [{ file: "acceptance/r1-1.svg", title: "p50" }] } });
  assert.ok(text.includes("| R1 | a \\| b | p50 < 50 ms | p50 < 2 ms | p50 3.14 ms; quiet; short of the aim: p50 | floor met | short, abc, 1 % busy |"), text);
  assert.ok(text.includes("it broke in two | **not measured: it failed**"));
  assert.ok(text.includes("no such thing here | cannot be measured here"));
  assert.ok(text.includes("| W1 | a \\| b | p50 < 50 ms | p50 < 2 ms | not run yet |  |  |"));
  assert.ok(text.includes("![p50](acceptance/r1-1.svg)"));
  assert.ok(text.includes("4 lines: 0 met their aim, 1 their floor, 0 missed it, 1 failed to be measured, 1 cannot be measured here, 1 were not run yet."));
  assert.equal(measured(lines[0], results.R2), "it broke\nin two");
});

test("a picture holds its words harmlessly and every series, and keeps peaks", () => {
  assert.deepEqual(ticks(0, 10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(0, 0.01), [0, 0.002, 0.004, 0.006, 0.008, 0.01]);
  const points = Array.from({ length: 5000 }, (_, n) => [n, n === 777 ? 900 : 1]);
  const svg = plot({ title: "a <b> & c", x: "s", y: "ms", series: [{ name: "one", points }, { name: "two", points: [[0, NaN], [1, 2]] }] });
  assert.ok(svg.startsWith("<svg ") && svg.includes("a &lt;b&gt; &amp; c") && !svg.includes("NaN"));
  assert.equal(svg.match(/<path /g).length, 2);
  assert.ok(svg.length < 20_000, `${svg.length} characters`);
  assert.equal(svg, plot({ title: "a <b> & c", x: "s", y: "ms", series: [{ name: "one", points }, { name: "two", points: [[0, NaN], [1, 2]] }] }));
  assert.equal(plot({ title: "", x: "", y: "", series: [{ name: "none", points: [] }] }), null);
  const doubling = plot({ title: "", x: "", y: "", doubling: true, series: [{ name: "one", points: [[100, 1], [1000, 1], [10000, 1]] }] });
  assert.deepEqual([...doubling.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x)), [64, 384, 704]);
});
