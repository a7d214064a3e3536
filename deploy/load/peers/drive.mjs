// The same work for either chat: so many people in so many rooms, messages at fixed moments, each timed from when it was due
// to its receipt at each of the others. What differs is only how a join, a send and a receipt are written.

import { open } from "../../acceptance/proof/socket.mjs";
import { percentile } from "../../acceptance/verdict.mjs";

const OPENED_AT_ONCE = 50;
const PATIENCE_MS = 10_000;
const rest = (ms) => new Promise((go) => setTimeout(go, ms));

// How Natter is spoken to.
export const natter = {
  url: (origin) => `${origin.replace("http", "ws")}/ws`,
  headers: ({ token }) => ({ authorization: `Bearer ${token}` }),
  join: (room) => JSON.stringify({ type: "join", id: 1, room }),
  send: (room, nonce, body) => JSON.stringify({ type: "send", room, nonce, body }),
  // What a text says: `joined`, or the nonces of messages that others sent.
  read: (text) => text.split("\n").map((line) => {
    if (line.startsWith('{"type":"joined"')) return { joined: true };
    return line.startsWith('{"type":"message"') ? { nonce: /"nonce":"(p[\d-]+)"/.exec(line)?.[1] } : {};
  }),
};

// How Socket.IO is, over its WebSocket: 40 connects, 42 is an event, 43 an answer, 2 wants a 3.
export const socketIo = {
  url: (origin) => `${origin.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
  headers: () => ({}),
  hello: ({ username }) => `40${JSON.stringify({ name: username })}`,
  join: (room) => `421${JSON.stringify(["join", room])}`,
  send: (room, nonce, body) => `422${JSON.stringify(["send", { room, nonce, body }])}`,
  read: (text) => [text === "2" ? { answer: "3" } : text.startsWith("40") ? { ready: true } : text.startsWith("431") ? { joined: true } : text.startsWith('42["message"') ? { nonce: /"nonce":"(p[\d-]+)"/.exec(text)?.[1] } : {}],
};

// Seats everyone, then sends `count` messages at `rate` a second. `people` have a `token`, a `username` and a `room`; `usage()` gives the
// CPU seconds and bytes of what is measured, and is asked before anybody is there, with everybody there, and at the end of the
// work. A turn has nonces of its own: what was said once is not said again.
export async function drive(talk, { url, people, rate, count, body, usage, turn = 1 }) {
  const due = new Map();
  const times = [];
  let joined = 0;
  const before = usage();
  const members = new Map();
  for (const { room } of people) members.set(room, (members.get(room) ?? 0) + 1);
  const seat = async (person) => {
    const late = [];
    let line = null;
    const say = (text) => (line ? line.send(text) : late.push(text));
    line = await open(talk.url(url), {
      headers: talk.headers(person),
      heard: (text, now) => {
        for (const { answer, ready, joined: is, nonce } of talk.read(text)) {
          if (answer) say(answer);
          if (ready) say(talk.join(person.room));
          if (is) joined += 1;
          if (nonce && due.has(nonce)) times.push(now - due.get(nonce));
        }
      },
    });
    late.forEach((text) => line.send(text));
    line.send(talk.hello ? talk.hello(person) : talk.join(person.room));
    return { ...person, line };
  };
  const seated = [];
  for (let at = 0; at < people.length; at += OPENED_AT_ONCE) seated.push(...(await Promise.all(people.slice(at, at + OPENED_AT_ONCE).map(seat))));
  await until(() => joined >= people.length);
  await rest(1000);
  const idle = usage();
  const start = performance.now() + 100;
  let expected = 0;
  for (let n = 0; n < count; n++) {
    const moment = start + (1000 * n) / rate;
    // Coarse timers would bundle what is due apart.
    if (moment - performance.now() > 1) await rest(moment - performance.now());
    const { room, line } = seated[(n * 7919) % seated.length];
    const nonce = `p${turn}-${n}`;
    due.set(nonce, moment);
    expected += members.get(room) - 1;
    line.send(talk.send(room, nonce, body));
  }
  await until(() => times.length >= expected);
  const end = usage();
  for (const { line } of seated) line.cut();
  const at = (share) => percentile(times, share);
  const used = end.cpu - idle.cpu;
  return { people: people.length, expected, delivered: times.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), cpu: used, deliveriesACpuSecond: times.length / used, bytesASocket: (idle.bytes - before.bytes) / people.length };
}

async function until(so) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end && !so();) await rest(20);
}
