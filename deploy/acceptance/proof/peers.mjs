// Natter beside a chat as most teams would write it, in the same run.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

import { drive, natter, socketIo } from "../../load/peers/drive.mjs";
import { percentile } from "../verdict.mjs";
import { weight } from "./page.mjs";
import { begin, cpu, must, onCore, pinned, resident } from "./process.mjs";
import { together } from "./server.mjs";

const BODY = "Does anyone know when the ferry comes in today? The board says noon, the harbour says one. I would rather not wait.";
const ROOMS = 20;

export async function peers(stage) {
  const folder = join(stage.root, "deploy/load/peers");
  if (!existsSync(join(folder, "node_modules/.package-lock.json"))) await must(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { seconds: 300 });
  const members = Math.max(4, Math.round(50 * Number(process.env.ACCEPTANCE_PEOPLE ?? 1)));
  const count = ROOMS * members;
  const cluster = await together(stage, { users: count, rooms: ROOMS, members, messages: 100 }, { instances: 1 });
  const people = seats(cluster.people, members);
  const plan = { people, body: BODY, rate: 167, count: 167 * stage.pick(8, 60) };
  const [instance] = cluster.instances;
  const of = (pid) => () => ({ cpu: cpu(pid), bytes: resident(pid) });
  const env = { DATABASE_URL: cluster.database, REDIS_URL: cluster.redis, NODE_ENV: "production" };
  const peer = begin(pinned(stage.cores.server, ["node", join(folder, "server.mjs")]), { env });
  stage.atEnd(peer.end);
  const url = await listens(peer);
  // In turns, so that what else the machine does is not one of theirs alone.
  const [owns, others] = [[], []];
  for (let turn = 1; turn <= stage.pick(1, 3); turn++) {
    owns.push(await onCore(stage.cores.generator, () => drive(natter, { ...plan, turn, url: instance.url, usage: of(instance.pid) })));
    others.push(await onCore(stage.cores.generator, () => drive(socketIo, { ...plan, turn, url, usage: of(peer.pid) })));
  }
  const [own, other] = [medians(owns), medians(others)];
  const bytes = await pageWeight(url);
  await peer.end();
  await cluster.end();
  // F1 says why, where the page cannot be weighed; that is no reason to forget the rest.
  const page = await weight(stage).then(({ figures }) => figures.everything, () => NaN);
  const ratio = (of) => own[of] / other[of];
  const series = (of, factor = 1) => [own, other].map((one) => Number((one[of] * factor).toPrecision(3))).join(" to ");
  return {
    figures: { "deliveries a CPU second, ratio": ratio("deliveriesACpuSecond"), "p50, ratio": ratio("p50"), "p95, ratio": ratio("p95"), "p99, ratio": ratio("p99"), "memory a socket, ratio": ratio("bytesASocket"), ...(Number.isFinite(page) && { "page weight, ratio": page / bytes }) },
    notes: [
      `Natter to the other: deliveries a CPU second of the chat's process ${series("deliveriesACpuSecond")}; p50 ${series("p50")}, p95 ${series("p95")}, p99 ${series("p99")} ms; KiB a socket ${series("bytesASocket", 1 / 1024)}; bytes of the page ${page} to ${bytes} (which shows a list and a field)`,
      `${own.people} people in ${ROOMS} rooms, ${plan.rate} messages a second; delivered ${own.delivered} and ${other.delivered} of ${own.expected}`,
    ],
    plots: [{ title: "P1: latency by percentile", x: "percentile", y: "ms", series: [["Natter", own], ["Socket.IO, Redis, PostgreSQL", other]].map(([name, one]) => ({ name, points: [[50, one.p50], [95, one.p95], [99, one.p99]] })) }],
  };
}

// Of each figure the median; of memory the first, as what was taken once is not taken again.
function medians(turns) {
  const median = (of) => percentile(turns.map((one) => one[of]), 0.5);
  return { ...Object.fromEntries(Object.keys(turns[0]).map((of) => [of, median(of)])), bytesASocket: turns[0].bytesASocket };
}

// Each in one of the rooms that they are members of, and every room as full.
function seats(people, members) {
  const full = new Map();
  const seated = [];
  for (const person of people) {
    const room = person.rooms.filter((room) => (full.get(room) ?? 0) < members).sort((a, b) => (full.get(a) ?? 0) - (full.get(b) ?? 0))[0];
    if (!room) continue;
    full.set(room, (full.get(room) ?? 0) + 1);
    seated.push({ ...person, room });
  }
  return seated;
}

async function listens(program) {
  for (let n = 0; n < 200; n++) {
    const found = /http:\/\/\S+/.exec(program.said.out);
    if (found) return found[0];
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`the peer did not start: ${program.said.err.slice(-300)}`);
}

// The page and its script, as a good proxy would send them.
async function pageWeight(url) {
  const parts = await Promise.all(["/", "/socket.io/socket.io.min.js"].map(async (path) => Buffer.from(await (await fetch(url + path, { headers: { "accept-encoding": "identity" } })).arrayBuffer())));
  return parts.reduce((sum, part) => sum + brotliCompressSync(part).length, 0);
}
