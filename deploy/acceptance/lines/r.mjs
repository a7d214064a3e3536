// R: response times, with a thousand people connected or asking.

import { bench, percentiles } from "../proof/bench.mjs";
import { firstMessage, ownMessage } from "../proof/page.mjs";
import { searches } from "../proof/search.mjs";
import { statusChanges } from "../proof/status.mjs";
import { uploads } from "../proof/upload.mjs";
import { bound } from "../verdict.mjs";

const PEOPLE = 1000;
// A minute: two hundred a second, and each client every five seconds.
const RATE = 12_000;

// A call made by a thousand people at a fixed rate, timed from when each was due.
const asked = (stage, name, preset, more) =>
  bench(stage, preset, { name, options: ["--clients", String(PEOPLE), "--rate", String(RATE), "--duration", String(stage.pick(10, 60)), "--warmup", "3", ...more] });

const CALLS = {
  "GET /api/messages": (stage) => asked(stage, "get-messages", "messages", []),
  "GET /api/users": (stage) => asked(stage, "get-users", "messages", ["--path", "/api/users?limit=50"]),
  "POST /api/messages": (stage) => asked(stage, "post-messages", "posts", []),
  "GET /api/rooms": (stage) => asked(stage, "get-rooms", "messages", ["--path", "/api/rooms"]),
};

const rooms = (stage) => bench(stage, "rooms", { options: ["--duration", String(stage.pick(10, 60))] });
const mix = (stage) => bench(stage, "mix", { options: ["--users", String(PEOPLE), "--duration", String(stage.pick(10, 60)), "--warmup", String(stage.pick(5, 20))], given: ["--messages", "20000"] });

const call = (id, path, how, floors, aims) => ({
  id, what: path, how: `${how}; 1,000 people, 200 requests a second at fixed moments, one server on SQLite on one core, the generator on the other`,
  bounds: ["p50", "p95", "p99"].map((name, n) => bound(name, "ms", `< ${floors[n]}`, `< ${aims[n]}`)),
  measure: async (stage) => {
    const found = await CALLS[path](stage);
    return { figures: percentiles(found, "/requests/latency_ms"), notes: [...found.failures, ...found.notes] };
  },
});

export const LINES = [
  {
    id: "R1", what: "any API call at 1,000 users",
    how: "the slowest of R2–R5 and of every action of `natter-load bench mix` with 1,000 people (an action is timed to the end of its last request)",
    bounds: [bound("p50", "ms", "< 200", "< 3"), bound("p95", "ms", "< 500"), bound("p99", "ms", "< 500", "< 25")],
    measure: async (stage) => {
      const calls = [];
      for (const [name, make] of Object.entries(CALLS)) calls.push([name, percentiles(await make(stage), "/requests/latency_ms")]);
      const mixed = await mix(stage);
      for (const action of Object.keys(mixed.made[0].mix.actions)) calls.push([action, percentiles(mixed, `/mix/actions/${action}/latency_ms`)]);
      const worst = (of) => calls.filter(([, found]) => Number.isFinite(found[of])).reduce((a, b) => (b[1][of] > a[1][of] ? b : a));
      return { figures: Object.fromEntries(["p50", "p95", "p99"].map((of) => [of, worst(of)[1][of]])), notes: [`slowest at p99: ${worst("p99")[0]}`, ...mixed.failures] };
    },
  },
  call("R2", "GET /api/messages", "`natter-load bench messages`", [50, 200, 500], [2, 8, 20]),
  call("R3", "GET /api/users", "`natter-load bench messages` with this path", [30, 100, 300], [1, 5, 15]),
  call("R4", "POST /api/messages", "`natter-load bench posts`, each durable when answered", [100, 300, 700], [4, 12, 30]),
  call("R5", "GET /api/rooms", "`natter-load bench messages` with this path", [40, 150, 400], [2, 8, 20]),
  {
    id: "R6", what: "WebSocket message, send to every receiver, at S2's load",
    how: "`natter-load bench rooms`: 1,000 connections, 20 rooms of 50, 10,000 messages a minute; from the moment each was due to its receipt, on one clock",
    bounds: [bound("p50", "ms", "< 30", "< 1.5"), bound("p95", "ms", "< 80", "< 3"), bound("p99", "ms", "< 150", "< 6")],
    measure: async (stage) => {
      const found = await rooms(stage);
      return { figures: percentiles(found, "/messages/delivery_ms"), notes: [...found.failures, ...found.notes] };
    },
  },
  {
    id: "R7", what: "room join over WebSocket", how: "the same run: from `join` to `joined`, while a thousand connections open within a second",
    bounds: [bound("p50", "ms", "< 20", "< 1"), bound("p95", "ms", "< 50", "< 3"), bound("p99", "ms", "< 100", "< 10")],
    measure: async (stage) => ({ figures: percentiles(await rooms(stage), "/connections/join_ms") }),
  },
  {
    id: "R8", what: "user status change to those who see it",
    how: "one of 50 connected members looks away and back; from the `presence` frame's leaving to its receipt at each of the others, in one process",
    bounds: [bound("p50", "ms", "< 15", "< 2"), bound("p95", "ms", "< 40", "< 5"), bound("p99", "ms", "< 80", "< 10")],
    measure: statusChanges,
  },
  {
    id: "R9", what: "search", how: "`cargo run --release -p backend --example search` on either engine: 1,000,000 messages (short form: 50,000), ten kinds of words, CJK included; the slowest kind",
    bounds: [bound("slowest p95", "ms", "< 300", "< 20")],
    measure: searches,
  },
  {
    id: "R10", what: "upload starts; streams, never buffers a whole file",
    how: "from a request's head to `100 Continue`, 50 times; the server's memory while 64 MiB (short form: 24 MiB) are uploaded",
    bounds: [bound("starts after, p95", "ms", "< 500", "< 50"), bound("memory for each byte uploaded", "", "< 0.5")],
    measure: uploads,
  },
  {
    id: "R11", what: "own message on screen · confirmed",
    how: "Chromium in a room of 1,000 messages, 20 messages: from the key to the frame in which the message stands there, and to the one without `data-pending`",
    bounds: [bound("shown after frames, p95", "", "<= 6", "<= 1"), bound("confirmed, p95", "ms", "< 200", "< 50")],
    measure: ownMessage,
  },
  {
    id: "R12", what: "first message on screen after opening the page",
    how: "the bytes that the server sends for a room, without a script; the time until a message is among them, 20 times; and Chromium's first paint that has one",
    bounds: [bound("messages in the first bytes", "", ">= 0", ">= 1"), bound("first message, p95", "ms", "< 1000"), bound("painted, p95", "ms", "< 1000")],
    measure: firstMessage,
  },
];
