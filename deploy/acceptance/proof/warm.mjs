// What a cache holds before anybody has asked for anything.

import { alone, ask } from "./server.mjs";

const LOADED = /^cache_misses_total\{[^}]*cache="(?:block|room)"[^}]*layer="all"[^}]*\} (\d+)$|^cache_misses_total\{[^}]*layer="all"[^}]*cache="(?:block|room)"[^}]*\} (\d+)$/gm;

async function misses(url) {
  const text = await (await ask(url, "/metrics")).text();
  return [...text.matchAll(LOADED)].reduce((sum, [, a, b]) => sum + Number(a ?? b), 0);
}

export async function warmed(stage) {
  const server = await alone(stage, { users: 20, rooms: 5, members: 20, messages: 20_000 });
  // Warming follows the start; it is soon over.
  let [before, last] = [await misses(server.url), -1];
  for (let n = 0; n < 20 && before !== last; n++) {
    last = before;
    await new Promise((go) => setTimeout(go, 250));
    before = await misses(server.url);
  }
  const { token } = server.people[0];
  const { rooms } = await (await ask(server.url, "/api/rooms", { token })).json();
  const first = rooms.find(({ slug }) => slug === "general");
  const between = await misses(server.url);
  await (await ask(server.url, `/api/messages?room=${first.id}&limit=50`, { token })).arrayBuffer();
  const after = await misses(server.url);
  await server.end();
  return { figures: { "loaded before anybody asked": before, "missed by the first reader": after - between } };
}
