// When an upload starts, and whether it is held in memory.

import { request } from "node:http";

import { percentile } from "../verdict.mjs";
import { resident } from "./process.mjs";
import { alone, ask } from "./server.mjs";

const MIB = 1024 * 1024;
const TIMES = 50;
const BOUNDARY = "acceptance";
const head = (name) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

export async function uploads(stage) {
  const server = await alone(stage, { users: 2, rooms: 1, members: 2, messages: 1 });
  const { token } = server.people[0];
  const starts = [];
  for (let n = 0; n < TIMES; n++) starts.push(await start(server.url, token));
  const bytes = stage.pick(24, 64) * MIB;
  // Whatever the first upload takes for good is not what this asks about.
  await send(server.url, token, MIB);
  const before = resident(server.pid);
  let most = before;
  const look = setInterval(() => (most = Math.max(most, resident(server.pid))), 5);
  const status = await send(server.url, token, bytes);
  clearInterval(look);
  await server.end();
  if (status !== 201) return { why: `an upload of ${bytes} bytes was answered with ${status}` };
  return { figures: { "starts after, p95": percentile(starts, 0.95), "memory for each byte uploaded": (most - before) / bytes, "memory, MiB more": (most - before) / MIB } };
}

// Milliseconds from a request's head to the word that its body may come.
const start = (url, token) => new Promise((resolve, reject) => {
  const body = head("one.bin") + "x" + TAIL;
  const headers = { authorization: `Bearer ${token}`, "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": body.length, expect: "100-continue" };
  const begun = performance.now();
  let took;
  const going = request(`${url}/api/files`, { method: "POST", headers }, (answer) => {
    answer.resume();
    answer.on("end", () => (answer.statusCode === 201 ? resolve(took ?? performance.now() - begun) : reject(new Error(`an upload was answered with ${answer.statusCode}`))));
  });
  going.on("continue", () => { took = performance.now() - begun; going.end(body); });
  going.on("error", reject);
  going.setTimeout(10_000, () => going.destroy(new Error("an upload was not answered")));
  going.flushHeaders();
});

async function send(url, token, bytes) {
  const piece = Buffer.alloc(64 * 1024, 7);
  async function* body() {
    yield Buffer.from(head("large.bin"));
    for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
    yield Buffer.from(TAIL);
  }
  const answer = await ask(url, "/api/files", { token, method: "POST", body: body(), duplex: "half", headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` }, signal: AbortSignal.timeout(120_000) });
  await answer.arrayBuffer();
  return answer.status;
}
