// A server of its own for a line, and several instances with all that they need.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { begin, must, pinned } from "./process.mjs";

const START_MS = 60_000;

const people = (file) => readFileSync(file, "utf8").trim().split("\n").map((line) => {
  const [username, token, rooms] = line.split("\t");
  return { username, token, rooms: rooms?.split(/[, ]/).filter(Boolean) ?? [] };
});

// Fills a database; gives the people, the file of their tokens and their password.
async function seed(stage, folder, env, plan) {
  const tokens = join(folder, "tokens.tsv");
  const given = Object.entries({ ...plan, tokens }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const said = await must([stage.binary, "seed", ...given], { env, cwd: folder, seconds: 900 });
  return { tokens, people: people(tokens), password: /password: (\S+)/.exec(said)?.[1] };
}

function folderFor(stage, name) {
  mkdirSync(stage.folder, { recursive: true });
  const folder = mkdtempSync(join(stage.folder, `${name}-`));
  stage.atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function said(program, pattern, what) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && program.child.exitCode === null) {
    const found = pattern.exec(program.said.out);
    if (found) return found;
    await new Promise((go) => setTimeout(go, 50));
  }
  await program.end();
  throw new Error(`${what} did not start: ${(program.said.err || program.said.out).trim().slice(-400)}`);
}

// One instance on SQLite, seeded by a plan (`{ users, rooms, members, messages }`), on the servers' core.
export async function alone(stage, plan, settings = {}) {
  const folder = folderFor(stage, "alone");
  const env = {
    DATABASE_URL: `sqlite://${join(folder, "natter.db")}`, NATTER_FILES: join(folder, "files"), NATTER_SITE_ROOT: stage.site,
    NATTER_ADDR: "127.0.0.1:0", NATTER_LIMITS: "off", NATTER_PREVIEWS: "off", ...settings,
  };
  const seeded = await seed(stage, folder, env, plan);
  const program = begin(pinned(stage.cores.server, [stage.binary, "serve"]), { env, cwd: folder });
  stage.atEnd(program.end);
  const [, url] = await said(program, /(http:\/\/127\.0\.0\.1:\d+)/, "the server");
  return { ...seeded, url, pid: program.pid, end: program.end };
}

// Instances with PostgreSQL and Redis of their own behind nginx, all on the servers' core; seeded, or empty without a plan.
export async function together(stage, plan, { instances = 3, settings = {} } = {}) {
  const folder = folderFor(stage, "together");
  const given = Object.entries({ NATTER_LIMITS: "off", NATTER_PREVIEWS: "off", ...settings }).map(([name, value]) => `${name}=${value}`);
  const program = begin(pinned(stage.cores.server, [stage.cluster, stage.binary, stage.site, String(instances), ...given]));
  stage.atEnd(program.end);
  await said(program, /Ctrl-C/, "the cluster");
  const { out } = program.said;
  const url = /Natter +(\S+)/.exec(out)[1];
  const [database, redis] = [/PostgreSQL +(\S+)/.exec(out)[1], /Redis +(\S+)/.exec(out)[1]];
  const found = [...out.matchAll(/instance \d+ +(\S+) \(process (\d+)\)/g)].map(([, url, pid]) => ({ url, pid: Number(pid) }));
  const seeded = plan && await seed(stage, folder, { DATABASE_URL: database, NATTER_FILES: join(folder, "files") }, plan);
  return { ...seeded, url, instances: found, database, redis, pid: program.pid, end: program.end };
}

// What Redis says it holds, in bytes, and how many connections Postgres has.
export async function held({ redis, database }) {
  const port = new URL(redis).port;
  const info = await must(["redis-cli", "-p", port, "info", "memory"], { seconds: 10 });
  const count = await must(["psql", database, "-At", "-c", "select count(*) from pg_stat_activity where backend_type = 'client backend'"], { seconds: 10 });
  // The one who asks is not counted.
  return { redis: Number(/used_memory:(\d+)/.exec(info)[1]), connections: Number(count) - 1 };
}

// A request with somebody's token.
export const ask = (url, path, { token, ...more } = {}) =>
  fetch(url + path, { ...more, headers: { ...(token && { authorization: `Bearer ${token}` }), ...more.headers } });
