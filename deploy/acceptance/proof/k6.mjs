// k6 against three instances behind nginx, while what they use is looked at.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { percentile, slope } from "../verdict.mjs";
import { run, pinned } from "./process.mjs";
import { held, together } from "./server.mjs";
import { watch } from "./watch.mjs";

// How many people each scenario knows, and what share of its time the short form takes.
const PEOPLE = { ramp: 1000, spike: 500, soak: 800 };
const SHORT = { ramp: 0.04, spike: 0.15, soak: 0.02 };
const ROOMS = 20;

// Plays one of deploy/load/k6; gives what k6 says, what was seen meanwhile, and whether every threshold held.
export function k6(stage, scenario) {
  return stage.once(`k6 ${scenario}`, async () => {
    // For trying the runner itself; figures are of the whole number of people.
    const part = Number(process.env.ACCEPTANCE_PEOPLE ?? 1);
    const users = Math.max(10, Math.round(PEOPLE[scenario] * part));
    const cluster = await together(stage, { users, rooms: ROOMS, members: Math.max(2, Math.round(users / ROOMS)), messages: 2000 });
    const folder = join(stage.folder, "k6");
    mkdirSync(folder, { recursive: true });
    const summary = join(folder, `${scenario}.json`);
    const scale = stage.pick(SHORT[scenario], 1);
    const env = { TOKENS: cluster.tokens, URL: cluster.url, SCALE: String(scale), PEOPLE: String(users), SUMMARY: summary };
    const eye = watch({ pid: cluster.pid, url: cluster.url, token: cluster.people[0].token, everyMs: stage.pick(250, 1000) });
    const begun = performance.now();
    const command = [join(stage.root, "deploy/load/k6/run.sh"), scenario];
    const { code, out, err } = await run(pinned(stage.cores.generator, command), { env, cwd: stage.root, seconds: 3600 });
    const seconds = (performance.now() - begun) / 1000;
    const own = await held(cluster);
    const seen = await eye.stop();
    await cluster.end();
    // 99: a threshold was crossed, which is a result.
    if (code !== 0 && code !== 99) throw new Error(`k6 ended with ${code}: ${(err || out).trim().slice(-400)}`);
    const { metrics } = JSON.parse(readFileSync(summary, "utf8"));
    return { ...read(metrics), ...told(seen, seconds), ...own, scale, seconds, generator: generatorShare(err, seconds), seen, passed: code === 0, users };
  });
}

function read(metrics) {
  const value = (name, of) => metrics[name]?.values[of] ?? 0;
  const failed = (stage) => 100 * value(`action_failed{people:${stage}}`, "rate");
  return {
    requests: value("http_reqs", "count"), p50: value("http_req_duration", "med"), p95: value("http_req_duration", "p(95)"), p99: value("http_req_duration", "p(99)"),
    errors: 100 * value("action_failed", "rate"), errorsAt: { 100: failed(100), 500: failed(500), 1000: failed(1000) },
    dropped: value("socket_dropped", "count"), faults: value("history_faults", "count"), deliveries: value("deliveries", "count"), posts: value("posts", "count"),
  };
}

// run.sh ends with what the generator used, as bash's `times` has it.
function generatorShare(err, seconds) {
  const used = /generator CPU seconds: ([\d.]+)/.exec(err);
  return used ? (100 * Number(used[1])) / seconds : NaN;
}

// Of what was seen: shares of the servers' core, the memory of instances, and its slope once everybody is there.
function told({ use }, seconds) {
  const [first, last] = [use[0], use.at(-1)];
  const all = (sample, of) => Object.values(sample[1]).reduce((sum, part) => sum + part[of], 0);
  const cpu = Object.fromEntries(Object.keys(last[1]).map((name) => [name, (100 * (last[1][name].cpu - (first[1][name]?.cpu ?? 0))) / seconds]));
  const peaks = use.slice(1).map((sample, n) => (100 * (all(sample, "cpu") - all(use[n], "cpu"))) / (sample[0] - use[n][0]));
  const largest = use.map(([at, , natters]) => [at, Math.max(0, ...natters.map(({ bytes }) => bytes))]);
  // The second half: what a server takes to hold so many people is no leak.
  const settled = largest.slice(Math.floor(largest.length / 2));
  const each = Math.max(...last[2].map(({ pid, cpu }) => (100 * (cpu - (first[2].find((one) => one.pid === pid)?.cpu ?? 0))) / seconds));
  return {
    server: Object.values(cpu).reduce((a, b) => a + b, 0), cpu, busiest: percentile(peaks, 0.95), instance: each,
    memory: Math.max(...largest.map(([, bytes]) => bytes)), leak: slope(settled.map(([at, bytes]) => [at / 60, bytes / 1024])), largest,
  };
}

export const MIB = 1024 * 1024;

// The series of a run as plots.
export const plots = (name, found) => [
  { title: `${name}: a list of rooms while it ran`, x: "seconds", y: "ms", series: [{ name: "latency of a probe", points: found.seen.probe }] },
  { title: `${name}: memory`, x: "seconds", y: "MiB", series: [{ name: "the largest instance", points: found.largest.map(([at, bytes]) => [at, bytes / MIB]) }] },
];
