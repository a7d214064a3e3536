// Who is there, who is typing, and what a page says of its connection.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  // A conversation, so that each has the other in the list of rooms.
  await ines.page.goto("/direct/rosa");
  await ines.say("hello");
  await ines.reads("hello");
  await rosa.room("Ines").waitFor();
  await ines.enter("/rooms/general");
  await rosa.enter("/rooms/general");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// The pace of somebody who types.
const pace = { delay: 150 };

const status = (person, name) => person.room(name).locator(".dot").getAttribute("data-status");

test("typing is shown with the name, and ends with the message", async () => {
  const line = rosa.page.locator(".typing");
  await ines.composer.pressSequentially("I am wri");
  await eventually(() => line.textContent(), "Ines is typing…");
  await ines.say("I am writing");
  await rosa.reads("I am writing");
  await eventually(() => line.textContent(), "");
});

test("typing that stops lapses", async () => {
  const line = rosa.page.locator(".typing");
  await ines.composer.pressSequentially("hm, let me see", pace);
  await eventually(() => line.textContent(), "Ines is typing…");
  await eventually(() => line.textContent(), "");
  await ines.composer.fill("");
});

test("several who type are named together", async () => {
  const mei = await Person.join(browser, server, "mei");
  await mei.say("I am new");
  await rosa.reads("I am new");
  await ines.composer.pressSequentially("as for me", pace);
  await eventually(() => rosa.page.locator(".typing").textContent(), "Ines is typing…");
  await mei.composer.pressSequentially("and for me", pace);
  await eventually(() => rosa.page.locator(".typing").textContent(), "Ines and Mei are typing…");
  await ines.composer.fill("");
  mei.hasNoComplaints();
  await mei.context.close();
});

test("who closes the browser goes offline for the others, and comes back online", async () => {
  await eventually(() => status(rosa, "Ines"), "online");
  await ines.page.goto("about:blank");
  await eventually(() => status(rosa, "Ines"), "offline");
  await ines.enter("/rooms/general");
  await eventually(() => status(rosa, "Ines"), "online");
});

test("a page that loses the network says so, and recovers without a reload", async () => {
  await rosa.page.evaluate(() => (globalThis.stillHere = true));
  await rosa.context.setOffline(true);
  await rosa.isConnected("offline");
  await rosa.say("from the tunnel");
  await rosa.context.setOffline(false);
  await rosa.isConnected();
  await ines.reads("from the tunnel");
  assert.equal(await rosa.page.evaluate(() => globalThis.stillHere), true);
});

test("a new channel that one is brought into by a suggested name appears in the list", async () => {
  await ines.page.goto("/rooms");
  await ines.page.getByLabel("Name").fill("harbour");
  await ines.page.getByRole("button", { name: "Create channel" }).click();
  await ines.page.goto("/rooms/harbour/members");
  const field = ines.page.getByLabel("Username");
  // The suggestions' code comes after the page.
  await ines.page.getByRole("combobox", { name: "Username" }).waitFor();
  await field.pressSequentially("@ro", pace);
  await ines.page.getByRole("option", { name: "Rosa" }).waitFor();
  await field.press("ArrowDown");
  await field.press("Enter");
  assert.equal(await field.inputValue(), "rosa");
  await ines.page.getByRole("button", { name: "Invite" }).click();
  await rosa.room("harbour").waitFor();
  await rosa.room("harbour").click();
  await rosa.isConnected();
  await eventually(async () => /#harbour/.test(await rosa.page.title()), true);
});

test("nobody's console has an error", () => {
  ines.hasNoComplaints();
  rosa.hasNoComplaints([/ERR_INTERNET_DISCONNECTED/, /WebSocket connection .* failed/]);
});
