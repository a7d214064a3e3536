// make lighthouse: landing, sign-in and a room of 10,000 messages in Lighthouse's mobile profile, the median of five runs
// each, against the release. Writes a small summary to summary.json and fails where a page is below its target.
//
// The figures are of a simulated phone (a CPU four times slower, 1.6 Mbit/s, 150 ms), computed from what this machine
// did: run it while nothing else does.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import { computeMedianRun } from "lighthouse/core/lib/median-run.js";
import puppeteer from "puppeteer-core";

import { Server } from "../support/server.mjs";

const RUNS = Number(process.env.LIGHTHOUSE_RUNS ?? 5);
const SUMMARY = process.env.LIGHTHOUSE_SUMMARY ?? join(import.meta.dirname, "summary.json");
const FAILED_MAX = 3;
// How many of the elements that cost points are shown.
const ITEMS_MAX = 5;
const MESSAGES = 10_000;
const SIGNED_OUT = { performance: 100, accessibility: 100, "best-practices": 100, seo: 100 };
// A room is for its members: its address is not for search engines.
const SIGNED_IN = { performance: 98, accessibility: 100, "best-practices": 100, seo: 90 };
const LIMITS = { "largest-contentful-paint": 1200, "cumulative-layout-shift": 0, "total-blocking-time": 100 };
const TIMINGS = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index", "interactive", "total-byte-weight"];
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

const server = await Server.start({ seed: { users: 20, rooms: 1, members: 20, messages: MESSAGES } });
let good = true;
try {
  const session = await signIn();
  const cookie = `${session.name}=${session.value}`;
  const { rooms } = await (await fetch(`${server.url}/api/rooms`, { headers: { cookie } })).json();
  const room = rooms.reduce((largest, room) => (room.last_seq > largest.last_seq ? room : largest));
  const pages = [
    { name: "landing", path: "/", targets: SIGNED_OUT },
    { name: "sign-in", path: "/login", targets: SIGNED_OUT },
    { name: `room of ${room.last_seq.toLocaleString("en")} messages`, path: `/rooms/${room.slug}`, targets: SIGNED_IN, session },
  ];
  const summary = [];
  for (const page of pages) summary.push(await measure(page));
  writeFileSync(SUMMARY, `${JSON.stringify(summary, null, 2)}\n`);
} finally {
  await server.stop();
}
process.exitCode = good ? 0 : 1;

async function signIn() {
  const [username] = server.usernames;
  const answer = await fetch(`${server.url}/fn/sign_in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: server.url },
    body: new URLSearchParams({ username, password: server.password }),
  });
  const [name, value] = answer.headers.getSetCookie()[0].split(";")[0].split("=");
  return { name, value, url: server.url, httpOnly: true, sameSite: "Lax" };
}

// As a cookie of the browser's and not as a header of each request: its socket would go without.
async function carry(session, port) {
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${port}` });
  await browser.setCookie({ ...session, domain: new URL(session.url).hostname, path: "/" });
  await browser.disconnect();
}

async function measure({ name, path, targets, session }) {
  const runs = [];
  let failed = 0;
  while (runs.length < RUNS) {
    const chrome = await launch({ chromePath: process.env.CHROMIUM ?? "/usr/bin/chromium", chromeFlags: FLAGS });
    if (session) await carry(session, chrome.port);
    const { lhr } = await lighthouse(server.url + path, { port: chrome.port, output: "json", logLevel: "error" });
    chrome.kill();
    // Tracing fails at times; then there is no result that could be good or bad.
    if (lhr.runtimeError && ++failed <= FAILED_MAX) continue;
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    if (new URL(lhr.finalDisplayedUrl).pathname !== path) throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
    runs.push(lhr);
  }
  const median = computeMedianRun(runs);
  const scores = Object.fromEntries(Object.entries(median.categories).map(([name, { score }]) => [name, Math.round(score * 100)]));
  const timings = Object.fromEntries(TIMINGS.map((id) => [id, Math.round(median.audits[id].numericValue * 1000) / 1000]));
  const missed = [
    ...Object.entries(targets).filter(([name, target]) => scores[name] < target).map(([name]) => `${name} ${scores[name]}`),
    ...Object.entries(LIMITS).filter(([id, limit]) => timings[id] > limit).map(([id]) => `${id} ${timings[id]}`),
  ];
  // What cost points, for whoever wants them back.
  const faults = Object.values(median.categories).flatMap(({ auditRefs }) => auditRefs)
    .filter(({ weight, id }) => weight > 0 && median.audits[id].score !== null && median.audits[id].score < 0.9)
    .flatMap(({ id }) => [id, ...(median.audits[id].details?.items ?? []).slice(0, ITEMS_MAX).flatMap(({ node }) => (node ? [`  ${node.snippet}`] : []))]);
  console.log(`${missed.length ? "MISSED" : "ok    "} ${name}: ${Object.values(scores).join(" / ")}, LCP ${Math.round(timings["largest-contentful-paint"])} ms, TBT ${Math.round(timings["total-blocking-time"])} ms, CLS ${timings["cumulative-layout-shift"]}`);
  for (const fault of [...missed, ...faults]) console.log(`       ${fault}`);
  good &&= missed.length === 0;
  return { page: name, lighthouse: median.lighthouseVersion, runs: RUNS, scores, timings, missed };
}
