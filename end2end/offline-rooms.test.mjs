// Without a network, from room to room within the page: what was entered once can be entered again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rooms;

before(async () => {
  [server, browser] = await Promise.all([
    Server.start({ limits: "off", seed: { users: 2, rooms: 4, members: 2, messages: 400 } }),
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
  // What is entered before there is a worker, no worker keeps.
  await ines.page.evaluate(() => navigator.serviceWorker.ready);
  await ines.enter(rooms[0].path);
  await ines.isKept();
  await ines.page.evaluate(() => (globalThis.stillHere = true));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const link = ({ id }) => ines.page.locator(`.rooms > a.room[data-room="${id}"]`);
const pending = () => ines.list.locator("[data-pending] .body").allTextContents();

async function goTo(room) {
  await link(room).click();
  await eventually(() => ines.page.locator(".app").getAttribute("data-room"), room.id);
  await ines.list.locator("[data-seq]").first().waitFor();
  assert.equal(new URL(ines.page.url()).pathname, room.path);
  assert.equal(await ines.page.evaluate(() => globalThis.stillHere), true, "the page was not loaded again");
}

test("a room that was entered within the page is kept like one that was navigated to", async () => {
  await goTo(rooms[1]);
  await ines.isKept();
  await server.post(1, rooms[1].id, "before the storm");
  await ines.reads("before the storm");
  await ines.composer.fill("half a tho");
  await goTo(rooms[0]);
  assert.equal(await ines.composer.inputValue(), "");
});

test("a page that was loaded without a server goes from one kept room to another, each with its draft", async () => {
  await server.crash();
  await ines.page.reload();
  await ines.isConnected("offline");
  await ines.page.evaluate(() => (globalThis.stillHere = true));
  await goTo(rooms[1]);
  await ines.reads("before the storm");
  assert.equal(await ines.composer.inputValue(), "half a tho");
});

test("what is written there waits there", async () => {
  await ines.say("from the dark");
  assert.deepEqual((await pending()).map((text) => text.trim()), ["from the dark"]);
  await goTo(rooms[0]);
  assert.deepEqual(await pending(), []);
  await ines.page.getByText("Offline. 1 message waits").waitFor();
  await eventually(() => ines.keptSends(), 1);
});

test("a room that was never entered cannot be, and the way back is there", async () => {
  await link(rooms[2]).click();
  await ines.page.getByRole("heading", { name: "No network" }).waitFor();
  await ines.page.goBack();
  await ines.isConnected("offline");
  await ines.list.locator("[data-seq]").first().waitFor();
});

test("on return it is delivered once, whichever room is open", async () => {
  await server.restart();
  await ines.isConnected();
  await eventually(() => ines.keptSends(), 0);
  await ines.page.evaluate(() => (globalThis.stillHere = true));
  await goTo(rooms[1]);
  await ines.reads("from the dark");
  assert.equal(await ines.message("from the dark").count(), 1);
  assert.deepEqual(await pending(), []);
});

test("nobody's console has another error than that nobody answered", () => {
  ines.hasNoComplaints([/ERR_CONNECTION_REFUSED/, /WebSocket connection .* failed/, /ERR_CONNECTION_RESET/, /ERR_FAILED/]);
});
