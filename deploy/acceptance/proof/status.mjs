// How long it takes until others see that somebody looked away.

import { percentile } from "../verdict.mjs";
import { onCore } from "./process.mjs";
import { alone } from "./server.mjs";
import { open } from "./socket.mjs";

const MEMBERS = 50;
// The server tells of one person's changes a few times a second at most; slower than that nothing is held back.
const PAUSE_MS = 400;

export const statusChanges = (stage) => onCore(stage.cores.generator, () => look(stage));

async function look(stage) {
  const server = await alone(stage, { users: MEMBERS, rooms: 1, members: MEMBERS, messages: 10 });
  const times = [];
  let left = 0;
  const hear = (text, now) => {
    for (const line of text.split("\n")) {
      const frame = line.startsWith('{"type":"presence"') ? JSON.parse(line) : null;
      if (frame && left && frame.status === wanted) times.push(now - left);
    }
  };
  let wanted = "";
  const lines = [];
  const [room] = server.people[0].rooms;
  for (const { token } of server.people) {
    const line = await open(`${server.url.replace("http", "ws")}/ws`, { headers: { authorization: `Bearer ${token}` }, heard: hear });
    line.send(JSON.stringify({ type: "join", id: 1, room }));
    lines.push(line);
  }
  const rest = (ms) => new Promise((go) => setTimeout(go, ms));
  await rest(2000);
  const turns = stage.pick(12, 60);
  for (let turn = 0; turn < turns; turn++) {
    wanted = turn % 2 ? "online" : "away";
    left = performance.now();
    lines[0].send(JSON.stringify({ type: "presence", status: wanted }));
    await rest(PAUSE_MS);
  }
  lines.forEach((line) => line.cut());
  await server.end();
  if (times.length < turns * (MEMBERS - 1)) return { why: `of ${turns * (MEMBERS - 1)} frames ${times.length} came` };
  return { figures: { p50: percentile(times, 0.5), p95: percentile(times, 0.95), p99: percentile(times, 0.99), seen: times.length } };
}
