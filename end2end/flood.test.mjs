// A hundred messages a second for half a minute: all of them are shown, in order, and the page goes on to work.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { memory, observe, observed, report, weighable } from "./support/gauge.mjs";
import { Server } from "./support/server.mjs";

const PER_SECOND = 100;
const SECONDS = 30;
const NODES_MAX = 99;

let server, browser, ines, room;

before(async () => {
  [server, browser] = await Promise.all([
    Server.start({ limits: "off", seed: { users: 10, rooms: 0, members: 1, messages: 500 } }),
    launch(),
  ]);
  ines = await Person.join(browser, server, "ines");
  await weighable(ines.context);
  await ines.enter("/rooms/general");
  room = await ines.page.locator(".app").getAttribute("data-room");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a hundred messages a second for half a minute are shown as they come, and one can write meanwhile", async () => {
  const before = await memory(ines.page);
  await observe(ines.page);
  const begin = Date.now();
  const posts = [];
  let typed = 0;
  for (let n = 0; n < PER_SECOND * SECONDS; n++) {
    const wait = begin + (n * 1000) / PER_SECOND - Date.now();
    if (wait > 0) await new Promise((go) => setTimeout(go, wait));
    posts.push(server.post(n % 10, room, `flood ${n}`));
    if (n % 300 === 150) {
      await ines.composer.press("x");
      typed += 1;
    }
  }
  await Promise.all(posts);
  assert.equal(await ines.composer.inputValue(), "x".repeat(typed));
  const last = 500 + PER_SECOND * SECONDS;
  await ines.list.locator(`[data-seq="${last}"]`).waitFor();
  const seen = await observed(ines.page);
  const after = await memory(ines.page);
  report("flood", { ...seen, before, after });
  assert.ok(seen.nodes <= NODES_MAX, `${seen.nodes} message nodes`);
  await eventually(() => ines.list.evaluate((list) => list.scrollTop), 0);
  const seqs = (await ines.messages()).map(([seq]) => seq);
  assert.deepEqual(seqs, seqs.map((_, place) => last - seqs.length + 1 + place));
  assert.ok(after.all < 50_000_000, `${after.all} bytes`);
});

test("nobody's console has an error", () => ines.hasNoComplaints());
