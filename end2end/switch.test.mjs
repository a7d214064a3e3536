// From room to room without loading the page again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { memory, report, weighable } from "./support/gauge.mjs";
import { Server } from "./support/server.mjs";

const SWITCHES = 200;
const USERS = 6;
const ROOMS = 20;

let server, browser, ines, rooms;

before(async () => {
  [server, browser] = await Promise.all([
    Server.start({ limits: "off", seed: { users: USERS, rooms: ROOMS, members: USERS, messages: 8_000 } }),
    launch(),
  ]);
  ines = await Person.arrive(browser, server, server.usernames[0]);
  await ines.signIn(server.password);
  await ines.composer.waitFor();
  const links = ines.page.locator(".rooms > a.room:not(.direct)");
  rooms = await links.evaluateAll((links) => links.map((link) => ({
    path: link.getAttribute("href"), id: link.dataset.room, name: link.querySelector(".name").textContent,
  })));
  rooms = rooms.filter(({ name }) => name !== "general");
  await weighable(ines.context);
  await ines.enter(rooms[0].path);
  await ines.page.evaluate(() => (globalThis.stillHere = true));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const link = ({ id }) => ines.page.locator(`.rooms > a.room[data-room="${id}"]`);
const title = () => ines.page.locator(".bar .title").textContent();
const newest = () => ines.list.evaluate((list) => Number([...list.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq));

async function isIn(room) {
  await eventually(() => ines.page.locator(".app").getAttribute("data-room"), room.id);
  await eventually(async () => (await title()).includes(room.name), true);
  await ines.list.locator("[data-seq]").first().waitFor();
  assert.equal(new URL(ines.page.url()).pathname, room.path);
  assert.equal(await ines.page.evaluate(() => globalThis.stillHere), true, "the page was not loaded again");
}

test("a link in the list of rooms leads there in the same page, and all of it is that room's", async () => {
  await link(rooms[1]).click();
  await isIn(rooms[1]);
  await eventually(async () => (await ines.page.title()).includes(`#${rooms[1].name}`), true);
  assert.equal(await link(rooms[1]).getAttribute("aria-current"), "page");
  assert.equal(await link(rooms[0]).getAttribute("aria-current"), null);
  assert.equal(await ines.composer.getAttribute("placeholder"), `Message #${rooms[1].name}`);
  assert.equal(await ines.list.getAttribute("aria-label"), `Messages in ${rooms[1].name}`);
  assert.equal(await ines.page.locator(".bar .bell").getAttribute("href"), `${rooms[1].path}/notifications`);
  await ines.say("hello from the same page");
  await ines.reads("hello from the same page");
  await server.post(1, rooms[1].id, "and back");
  await ines.reads("and back");
});

test("what is said in a room that was left waits there and is counted meanwhile", async () => {
  await link(rooms[0]).click();
  await isIn(rooms[0]);
  await server.post(1, rooms[1].id, "you were away");
  await eventually(() => link(rooms[1]).locator(".count").textContent(), "1");
  assert.equal(await ines.list.getByText("you were away").count(), 0);
  await link(rooms[1]).click();
  await isIn(rooms[1]);
  await ines.reads("you were away");
  await eventually(() => link(rooms[1]).locator(".count").isVisible(), false);
});

test("much that came while one was away is counted, and one can go to where it begins", async () => {
  await link(rooms[0]).click();
  await isIn(rooms[0]);
  for (let n = 0; n < 60; n++) await server.post(1, rooms[1].id, `while you were away ${n}`);
  await eventually(() => link(rooms[1]).locator(".count").textContent(), "60");
  await link(rooms[1]).click();
  await isIn(rooms[1]);
  await ines.reads("while you were away 59");
  await ines.page.getByRole("button", { name: "60 unread messages" }).click();
  const first = ines.list.locator(".row:has(.day.new) .message");
  await first.waitFor();
  assert.match(await first.textContent(), /while you were away 0/);
  await ines.page.getByRole("button", { name: "Jump to the newest" }).click();
  await ines.reads("while you were away 59");
});

test("back and forward go from room to room, each where it was read, with its draft", async () => {
  await ines.composer.fill("half a tho");
  await ines.list.evaluate((list) => list.scrollTo(0, -1200));
  const place = () => ines.list.evaluate((list) => {
    const { top } = list.getBoundingClientRect();
    const row = [...list.querySelectorAll("[data-seq]")].find((row) => row.getBoundingClientRect().top >= top);
    return [row?.dataset.seq, Math.round(row?.getBoundingClientRect().top)];
  });
  await ines.page.waitForTimeout(400);
  const before = await place();
  await link(rooms[2]).click();
  await isIn(rooms[2]);
  assert.equal(await ines.composer.inputValue(), "");
  await ines.page.goBack();
  await isIn(rooms[1]);
  await eventually(place, before);
  assert.equal(await ines.composer.inputValue(), "half a tho");
  await ines.page.goForward();
  await isIn(rooms[2]);
  await ines.page.goBack();
  await ines.composer.fill("");
});

test("whoever asks for a tab of its own gets one", async () => {
  const [other] = await Promise.all([
    ines.context.waitForEvent("page"),
    link(rooms[3]).click({ modifiers: ["Control"] }),
  ]);
  await other.waitForURL(`**${rooms[3].path}`);
  await other.close();
  await isIn(rooms[1]);
});

test("two hundred times to another room, and the page is no larger", async () => {
  const go = (path) => ines.page.evaluate(async (path) => {
    const begin = performance.now();
    document.querySelector(`.rooms > a[href="${path}"]`).click();
    const room = document.querySelector(`.rooms > a[href="${path}"]`).dataset.room;
    const app = document.querySelector(".app");
    const list = document.querySelector("[data-testid=messages]");
    const frame = () => new Promise((go) => requestAnimationFrame(go));
    while (app.dataset.room !== room || !list.querySelector("[data-seq]")) await frame();
    const shown = performance.now() - begin;
    await frame();
    return shown;
  }, path);
  // Everything was there once.
  for (const room of rooms) await go(room.path);
  const before = await memory(ines.page);
  const cached = [];
  for (let n = 0; n < SWITCHES; n++) {
    // By turns among a few rooms, which are kept, and all of them, which are not.
    const room = n % 4 < 3 ? rooms[n % 4] : rooms[4 + (n % (rooms.length - 4))];
    const took = await go(room.path);
    if (n > 8 && n % 4 < 3) cached.push(took);
  }
  await isIn(rooms[4 + ((SWITCHES - 1) % (rooms.length - 4))]);
  const after = await memory(ines.page);
  cached.sort((a, b) => a - b);
  const at = (share) => Math.round(10 * cached[Math.floor((cached.length - 1) * share)]) / 10;
  report("switch", { before, after, growth: after.all / before.all, fromCacheMs: { p50: at(0.5), p95: at(0.95), max: at(1) } });
  assert.ok(after.all < before.all * 1.1, `${before.all} bytes became ${after.all}`);
  assert.ok(after.nodes < before.nodes * 1.1 + 200, `${before.nodes} nodes became ${after.nodes}`);
});

test("nobody's console has an error", () => ines.hasNoComplaints());
