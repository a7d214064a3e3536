// The server is killed in the middle of a conversation and comes back with the same data.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

// What a browser says when nobody answers at all.
const nobodyAnswers = [
  /ERR_CONNECTION_REFUSED/,
  /WebSocket connection .* failed/,
  /ERR_CONNECTION_RESET/,
  // The browser looks for a newer service worker while the server is away.
  /An unknown error occurred when fetching the script/,
];

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const texts = async (person) => (await person.messages()).map(([, text]) => text);

// A page that was loaded again would have forgotten this.
const markPages = () => Promise.all([ines, rosa].map((person) => person.page.evaluate(() => (globalThis.stillHere = true))));
const areSamePages = async () => {
  for (const person of [ines, rosa]) assert.equal(await person.page.evaluate(() => globalThis.stillHere), true);
};

test("after a crash both pages go on by themselves, and what was written meanwhile arrives once", async () => {
  await ines.say("before");
  await rosa.reads("before");
  await markPages();

  await server.crash();
  await ines.isConnected("offline");
  await rosa.isConnected("offline");
  await ines.say("meanwhile");
  await rosa.say("me too");
  await ines.page.getByText("Offline. 1 message waits").waitFor();
  assert.equal(await ines.list.locator("[data-pending]").count(), 1);

  await server.restart();
  for (const person of [ines, rosa]) {
    await person.isConnected();
    await person.reads("meanwhile");
    await person.reads("me too");
  }
  const stored = await ines.messages();
  assert.deepEqual(stored.map(([seq]) => seq), [1, 2, 3]);
  assert.deepEqual(stored.map(([, text]) => text).sort(), ["before", "me too", "meanwhile"]);
  assert.deepEqual(await rosa.messages(), stored);
  assert.equal(await ines.list.locator("[data-pending]").count(), 0);
  await areSamePages();
});

test("killed while both write, nothing is lost, doubled or out of order", async () => {
  const said = [];
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 5; n++) {
      said.push(`round ${round} line ${n}`);
      await ines.say(said.at(-1));
    }
    // In the middle of it: some are stored, some are on their way, some wait.
    await server.crash();
    await rosa.isConnected("offline");
    await server.restart();
    await Promise.all([ines.isConnected(), rosa.isConnected()]);
  }
  for (const person of [ines, rosa]) {
    await person.reads(said.at(-1));
    assert.deepEqual((await texts(person)).slice(3), said);
  }
  await areSamePages();
  const before = await rosa.messages();
  await rosa.page.reload();
  assert.deepEqual(await rosa.messages(), before, "a fresh load shows the same");
});

test("what waits to be sent survives a reload of the page", async () => {
  await server.crash();
  await ines.isConnected("offline");
  await ines.say("do not lose me");
  await server.restart();
  await ines.page.reload();
  await rosa.reads("do not lose me");
  await ines.reads("do not lose me");
  assert.equal((await texts(rosa)).filter((text) => text === "do not lose me").length, 1);
});

test("somebody who signed out elsewhere is sent to the door", async () => {
  const other = await ines.context.newPage();
  await other.goto("/settings");
  await other.getByRole("button", { name: "Sign out" }).click();
  await ines.page.waitForURL(/\/login/);
  await other.close();
});

test("nobody's console has another error than that nobody answered", async () => {
  ines.hasNoComplaints([...nobodyAnswers, /status of 401/]);
  rosa.hasNoComplaints(nobodyAnswers);
});
