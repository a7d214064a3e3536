// F: the page.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { lighthouse } from "../proof/lighthouse.mjs";
import { head, interaction, weight } from "../proof/page.mjs";
import { proved, report } from "../proof/tests.mjs";
import { bound, percentile } from "../verdict.mjs";

const MIB = 1024 * 1024;
const worst = (pages, of) => Math.max(...pages.map((page) => page.timings[of]));

export const LINES = [
  {
    id: "F1", what: "first load", how: "Chromium opens a room of 50 messages as somebody signed in; bytes as they came over the wire (CDP's `encodedDataLength`) until it is live, and of these its scripts and code; the server compresses as it does for everyone",
    bounds: [bound("scripts and code", "bytes", "< 300000", "< 150000"), bound("everything", "bytes", "< 300000", "< 153600")], measure: weight,
  },
  {
    id: "F2", what: "page load · TTI · FCP", how: "Lighthouse's mobile profile, three pages, the slowest; the median of five runs (short form: of one)",
    bounds: [bound("speed index", "ms", "< 3000", "< 1000"), bound("TTI", "ms", "< 5000", "< 1000"), bound("FCP", "ms", "< 1500", "< 1000")],
    measure: async (stage) => {
      const pages = await lighthouse(stage);
      return { figures: { "speed index": worst(pages, "speed-index"), TTI: worst(pages, "interactive"), FCP: worst(pages, "first-contentful-paint") } };
    },
  },
  {
    id: "F3", what: "LCP · INP · CLS", how: "LCP and CLS by Lighthouse as F2; INP is not in its lab: from each of some 60 presses of keys and clicks in a room to the end of the next frame, the slowest",
    bounds: [bound("LCP", "ms", "< 2500", "< 1000"), bound("INP", "ms", "< 100", "< 50"), bound("CLS", "", "< 0.1", "<= 0")],
    measure: async (stage) => {
      const pages = await lighthouse(stage);
      const { figures, notes } = await interaction(stage);
      return { figures: { LCP: worst(pages, "largest-contentful-paint"), CLS: worst(pages, "cumulative-layout-shift"), ...figures }, notes };
    },
  },
  {
    id: "F4", what: "Lighthouse: performance, accessibility, best practices, SEO", how: "as F2; signed out the worse of two pages, signed in a room of 10,000 messages (its SEO is not asked: it is for its members)",
    bounds: [...["performance", "accessibility", "best-practices", "seo"].map((name, n) => bound(`${name}, signed out`, "", `> ${[90, 95, 95, 90][n]}`, "= 100")), ...["performance", "accessibility", "best-practices"].map((name, n) => bound(`${name}, room`, "", `> ${[90, 95, 95][n]}`, `>= ${[98, 100, 100][n]}`))],
    measure: async (stage) => {
      const pages = await lighthouse(stage);
      const isRoom = ({ page }) => page.startsWith("room");
      const [room, out] = [pages.filter(isRoom), pages.filter((page) => !isRoom(page))];
      const least = (of, name) => Math.min(...of.map(({ scores }) => scores[name]));
      const names = ["performance", "accessibility", "best-practices", "seo"];
      return { figures: { ...Object.fromEntries(names.map((name) => [`${name}, signed out`, least(out, name)])), ...Object.fromEntries(names.map((name) => [`${name}, room`, least(room, name)])) } };
    },
  },
  {
    id: "F5", what: "a room of 100,000 messages, scrolled both ways", how: "the journey `end2end/timeline.test.mjs`: a wheel flung through all of it and back, the scrollbar dragged, memory afterwards",
    bounds: [bound("message nodes", "", "< 100"), bound("frame, p95", "ms", "< 25", "< 17.5"), bound("heap", "MiB", "< 50"), bound("drift", "px", "<= 1", "= 0")],
    measure: async (stage) => {
      const of = (name) => report(stage, "timeline", `timeline-${name}`);
      const seen = { wheel: await of("wheel"), drag: await of("drag"), drift: await of("drift"), memory: await of("memory") };
      return { figures: { "message nodes": Math.max(seen.wheel.nodes, seen.drag.nodes), "frame, p95": seen.wheel.frames.p95, heap: (seen.memory.after ?? seen.memory).all / MIB, drift: seen.drift.drift, "frames over 33 ms": seen.wheel.frames.over33 } };
    },
  },
  {
    id: "F6", what: "code split, nothing twice, sizes budgeted", how: "what the build says of every file (`target/site-sizes.json`, beside the site) against `end2end/site/budget.json`, and how many chunks come only when they are needed",
    bounds: [bound("chunks that come when needed", "", ">= 3"), bound("budgets exceeded", "", "= 0")],
    measure: async (stage) => {
      const { files } = JSON.parse(readFileSync(join(stage.site, "../site-sizes.json"), "utf8"));
      const budgets = JSON.parse(readFileSync(join(stage.root, "end2end/site/budget.json"), "utf8"));
      const like = (pattern) => new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("**", "@").replaceAll("*", "[^/]*").replaceAll("@", ".*")}$`);
      const size = ({ files: patterns }) => files.filter(({ name }) => patterns.some((pattern) => like(pattern).test(name))).reduce((sum, { br, raw }) => sum + (br ?? raw), 0);
      const chunks = files.filter(({ name }) => /^pkg\/.*\.(wasm|js|css)$/.test(name)).length;
      const first = files.filter(({ name }) => budgets[0].files.some((pattern) => like(pattern).test(name))).length;
      return { figures: { "chunks that come when needed": chunks - first, "budgets exceeded": budgets.filter((budget) => size(budget) > budget.brotli).length, "first load, brotli": size(budgets[0]), "all code, brotli": size(budgets[1]) } };
    },
  },
  {
    id: "F7", what: "critical CSS inline, fonts preloaded or none, images lazy with sizes, resource hints", how: "the room's HTML as the server sends it: style in the page, no style sheet that blocks, no font, and each picture with width, height and `loading=lazy`",
    bounds: [bound("blocking style sheets", "", "= 0"), bound("inline styles", "", ">= 1"), bound("fonts", "", "= 0"), bound("pictures without size or not lazy", "", "= 0")], measure: head,
  },
  proved({ id: "F8", what: "second visit of cached data: no network request; `ETag` otherwise", floor: "yes", journeys: ["offline"], rust: ["hashed_files_are_kept_for_ever_and_what_is_not_there_is_not"] }),
  proved({ id: "F9", what: "offline: read what was read, write to an outbox that delivers once", floor: "yes", aim: "survives closing the browser", journeys: ["offline", "offline-rooms", "lives"] }),
  proved({ id: "F10", what: "reconnect without gap, repeat or reload; clear state; errors offer a retry", floor: "yes", journeys: ["recovery", "presence", "talk"] }),
  {
    id: "F11", what: "no freeze while 100 messages a second arrive", how: "the journey `end2end/flood.test.mjs`, half a minute: tasks over 50 ms, as the browser tells of them",
    bounds: [bound("tasks over 50 ms", "", "< 30", "= 0"), bound("longest", "ms", "< 200", "<= 50")],
    measure: async (stage) => {
      const seen = await report(stage, "flood", "flood");
      return { figures: { "tasks over 50 ms": seen.long.length, longest: Math.max(0, ...seen.long), "frame, p95": seen.frames.p95, "tasks, p50": seen.long.length ? percentile(seen.long, 0.5) : 0 } };
    },
  },
];
