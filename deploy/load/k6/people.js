// What people do, for k6: each has a live connection with one room open, and acts now and then as people were counted to for
// Mattermost's load tests (github.com/mattermost/performance-reports; deploy/load/src/scenario/mix/action.rs has the same).
//
// k6 waits for an answer before it looks at what came over the socket, so the times of deliveries are not its to tell:
// those are natter-load's. What came is checked: every revision of the open room once, ascending, without gaps.

import { check } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Rate } from "k6/metrics";
import { SharedArray } from "k6/data";
import { WebSocket } from "k6/experimental/websockets";
import { setTimeout } from "k6/timers";

export const SCALE = Number(__ENV.SCALE || 1);
const URL = __ENV.URL || "http://127.0.0.1:3000";
const THINK_MS = 1000 * Number(__ENV.THINK || 20);

export const actionFailed = new Rate("action_failed");
const dropped = new Counter("socket_dropped");
const faults = new Counter("history_faults");
const deliveries = new Counter("deliveries");
const posts = new Counter("posts");

const people = new SharedArray("people", () =>
  open(__ENV.TOKENS || "tokens.tsv").trim().split("\n").map((line) => {
    const [username, token, rooms] = line.split("\t");
    return { username, token, rooms: (rooms || "").split(/[, ]/).filter((id) => id) };
  }));

// How often for each post.
const MIX = [
  [post, 1], [switchRoom, 6.52], [scrollBack, 1.99], [checkUnread, 1], [openDirect, 0.98], [readThread, 0.6],
  [followLink, 0.3], [reconnect, 0.144], [react, 0.13], [edit, 0.04], [search, 0.022],
];
const ALL = MIX.reduce((sum, [, share]) => sum + share, 0);

// Seconds of the list's time, as k6 writes them.
export const seconds = (count) => `${Math.max(1, Math.round(count * SCALE))}s`;

// How many there are meant to be at a moment, for the limits that hold at each step: `steps` are `[until second, people]`.
export function during(steps) {
  const now = exec.instance.currentTestRunDuration / 1000 / SCALE;
  return String((steps.find(([until]) => now < until) || steps[steps.length - 1])[1]);
}

// A person for `stayMs`, who then goes. What people do does not depend on the scale, only how long all of it takes. k6 ends
// an iteration when nothing is left to wait for.
export function stay(stayMs, label) {
  const person = Object.assign({}, people[(exec.vu.idInTest - 1) % people.length]);
  const state = { person, room: person.rooms[0], shown: [], rev: 0, partners: [], last: null, leaves: Date.now() + stayMs, label, gone: false };
  switchRoom(state);
  connect(state);
  think(state);
}

function think(state) {
  // Few wait exactly as long as everybody; none waits for ever.
  const wait = Math.min(3 * THINK_MS, -Math.log(1 - Math.random()) * THINK_MS);
  setTimeout(() => {
    if (Date.now() + 50 > state.leaves) return leave(state);
    draw()(state);
    return think(state);
  }, Math.max(20, Math.min(wait, state.leaves - Date.now())));
}

function draw() {
  let left = Math.random() * ALL;
  return (MIX.find(([, share]) => (left -= share) < 0) || MIX[1])[0];
}

function leave(state) {
  state.gone = true;
  state.socket.close();
}

// The live connection, with the room open after what was seen.
function connect(state) {
  const socket = new WebSocket(`${URL.replace("http", "ws")}/ws`, null, { headers: { Authorization: `Bearer ${state.person.token}` } });
  const join = () => socket.send(JSON.stringify({ type: "join", id: 1, room: state.room }));
  let meant = false;
  state.rev = 0;
  state.socket = { close: () => { meant = true; socket.close(); }, enter: (left) => {
    if (socket.readyState !== 1) return;
    socket.send(JSON.stringify({ type: "leave", room: left }));
    state.rev = 0;
    join();
  } };
  socket.addEventListener("open", join);
  socket.addEventListener("message", ({ data }) => data.split("\n").forEach((line) => hear(state, line)));
  socket.addEventListener("close", () => {
    if (meant || state.gone) return;
    dropped.add(1);
    if (Date.now() < state.leaves) connect(state);
  });
  socket.addEventListener("error", () => {});
}

// Only what is about the open room; a frame that was on its way when it changed is no fault.
function hear(state, line) {
  const kind = /^\{"type":"(\w+)"/.exec(line);
  if (!kind || !["joined", "message", "changed", "sent"].includes(kind[1])) return;
  const frame = JSON.parse(line);
  if (frame.type === "joined") {
    if (frame.room === state.room) state.rev = frame.last_rev;
    return;
  }
  if (frame.type === "message") deliveries.add(1);
  if (!state.rev || frame.message.room !== state.room) return;
  if (frame.message.rev !== state.rev + 1) faults.add(1);
  state.rev = Math.max(state.rev, frame.message.rev);
}

function ask(state, method, path, body, name) {
  const headers = { Authorization: `Bearer ${state.person.token}`, "Content-Type": "application/json" };
  const tags = { name: name || path.split("?")[0] };
  const answer = http.request(method, URL + path, body ? JSON.stringify(body) : null, { headers, tags, timeout: "30s" });
  const good = check(answer, { "answered well": ({ status }) => status >= 200 && status < 400 });
  actionFailed.add(!good, { people: state.label() });
  return good && answer.body ? answer : null;
}

function page(state, bound) {
  const answer = ask(state, "GET", `/api/messages?room=${state.room}&limit=50${bound}`, null, "/api/messages");
  state.shown = answer ? answer.json("messages") : [];
}

const one = (list) => list[Math.floor(Math.random() * list.length)];
const text = () => `Does anyone know when the ferry comes in today? The board says noon, the harbour says ${Math.random()}.`;

function post(state) {
  const answer = ask(state, "POST", "/api/messages", { room: state.room, body: text(), nonce: `k6-${exec.vu.idInTest}-${Date.now()}-${Math.random()}` });
  if (!answer) return;
  posts.add(1);
  state.last = answer.json("id");
}

function switchRoom(state) {
  const left = state.room;
  state.room = one(state.person.rooms);
  if (state.socket && left !== state.room) state.socket.enter(left);
  openRoom(state);
}

function openRoom(state) {
  page(state, "");
  const last = state.shown[state.shown.length - 1];
  if (last) ask(state, "POST", `/api/rooms/${state.room}/read`, { seq: last.seq }, "/api/rooms/read");
}

function scrollBack(state) {
  const first = state.shown[0] ? state.shown[0].seq : 0;
  if (first > 1) page(state, `&before=${first}`);
  else openRoom(state);
}

function checkUnread(state) {
  ask(state, "GET", "/api/rooms");
}

// To a person seen lately, at most five of them.
function openDirect(state) {
  const other = state.shown.map(({ author }) => author).find((author) => author.username !== state.person.username && !state.partners.includes(author.id));
  if (other && state.partners.length < 5) state.partners.push(other.id);
  if (!state.partners.length) return openRoom(state);
  const answer = ask(state, "POST", "/api/rooms/direct", { users: [one(state.partners)] });
  if (!answer) return undefined;
  const left = state.room;
  state.room = answer.json("id");
  state.socket.enter(left);
  return openRoom(state);
}

function readThread(state) {
  const message = one(state.shown);
  if (message) ask(state, "GET", `/api/threads/${message.thread || message.id}`, null, "/api/threads");
}

function followLink(state) {
  const last = state.shown[state.shown.length - 1];
  if (last) page(state, `&around=${Math.max(1, last.seq - Math.floor(Math.random() * 200))}`);
}

function reconnect(state) {
  state.socket.close();
  connect(state);
}

function react(state) {
  const message = one(state.shown.slice(-10).filter(({ deleted }) => !deleted));
  if (message) ask(state, "PUT", `/api/messages/${message.id}/reactions/%F0%9F%91%8D`, null, "/api/messages/reactions");
}

function edit(state) {
  if (state.last) ask(state, "PATCH", `/api/messages/${state.last}`, { body: `${text()} (edited)` }, "/api/messages/edit");
}

function search(state) {
  ask(state, "GET", "/api/search?q=ferry");
}

// What k6 found as JSON, and shortly for whoever watches.
export function summary(data) {
  const found = data.metrics.http_req_duration.values;
  const line = `${data.metrics.http_reqs.values.count} requests, p50 ${found.med.toFixed(1)} ms, p95 ${found["p(95)"].toFixed(1)} ms, failed ${(100 * data.metrics.action_failed.values.rate).toFixed(2)} %\n`;
  return { stdout: line, ...(__ENV.SUMMARY && { [__ENV.SUMMARY]: JSON.stringify(data) }) };
}
