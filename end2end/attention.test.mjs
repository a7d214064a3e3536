// What someone attends to is the same on all of the person's devices, and others see what is for them to see.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa, phone;

before(async () => {
  [server, browser] = await Promise.all([Server.start({ limits: "off" }), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  // Rosa's other device.
  phone = await Person.arrive(browser, server, "rosa");
  await phone.signIn(PASSWORD);
  await phone.enter("/rooms/general");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const counts = (person, name) => person.room(name).evaluate(({ dataset }) => [dataset.unread, dataset.mentions]);
// What is shown may be another text than what was typed: whoever is mentioned has a name.
const said = async (text, shown = text) => {
  await ines.say(text);
  await Promise.all([ines, rosa, phone].map((person) => person.reads(shown)));
};

test("what is marked as unread is so on every device, until one comes back", async () => {
  await said("The first of three");
  await said("@rosa, the second", "@Rosa, the second");
  await said("The third");
  await rosa.press("The third", "Mark unread from here");
  for (const person of [rosa, phone]) await eventually(() => counts(person, "general"), ["1", "0"]);
  assert.match(await rosa.page.title(), /^\(1\) /);
  await rosa.press("The first of three", "Mark unread from here");
  for (const person of [rosa, phone]) await eventually(() => counts(person, "general"), ["3", "1"]);
  // Whoever is only looking at it does not read it.
  await said("A fourth");
  for (const person of [rosa, phone]) await eventually(() => counts(person, "general"), ["4", "1"]);
  await phone.page.reload();
  await phone.isConnected();
  for (const person of [rosa, phone]) await eventually(() => counts(person, "general"), ["0", "0"]);
});

test("a call on the room counts for everyone who is elsewhere, and goes with its message", async () => {
  await rosa.page.goto("/rooms");
  await phone.page.getByRole("link", { name: "Settings" }).click();
  await ines.say("Everyone to the stage, @room");
  await ines.reads("Everyone to the stage, @room").catch(() => {});
  await rosa.page.goto("/unread");
  await rosa.page.getByRole("heading", { name: "general" }).waitFor();
  await rosa.page.getByText("1 mention").waitFor();
  await rosa.page.getByRole("button", { name: "Mark as read general" }).click();
  await rosa.page.getByText("Nothing waits for you").waitFor();
  await Promise.all([rosa.enter("/rooms/general"), phone.enter("/rooms/general")]);
});

test("what is written and not sent is on the other device, until it is sent", async () => {
  await rosa.composer.fill("Half a sentence");
  await eventually(() => phone.composer.inputValue(), "Half a sentence");
  await phone.composer.fill("A whole sentence");
  await eventually(() => rosa.composer.inputValue(), "A whole sentence");
  await rosa.composer.press("Enter");
  await phone.reads("A whole sentence");
  await eventually(() => phone.composer.inputValue(), "");
});

test("a thread is followed by answering in it, listed with what is new, and left by its button", async () => {
  await said("Who brings the ladder?");
  await rosa.press("Who brings the ladder?", "Reply in a thread");
  const panel = (person) => person.page.getByRole("complementary", { name: "Thread" });
  await panel(rosa).getByRole("textbox", { name: "Reply" }).fill("I do");
  await panel(rosa).getByRole("textbox", { name: "Reply" }).press("Enter");
  await ines.reads("I do");
  await rosa.page.goto("/threads");
  await phone.page.goto("/rooms");
  const row = rosa.page.getByRole("listitem").filter({ hasText: "Who brings the ladder?" });
  await row.waitFor();
  // The list is live: it knows of the reply without being asked for again.
  await ines.press("Who brings the ladder?", "Reply in a thread");
  await panel(ines).getByRole("textbox", { name: "Reply" }).fill("Thank you");
  await panel(ines).getByRole("textbox", { name: "Reply" }).press("Enter");
  await row.getByText("1 new").waitFor();
  await row.getByRole("link").click();
  await panel(rosa).getByText("Thank you").waitFor();
  await panel(rosa).getByRole("button", { name: "Following" }).click();
  await panel(rosa).getByRole("button", { name: "Follow", exact: true }).waitFor();
  await rosa.page.goto("/threads");
  await rosa.page.getByText("You follow no thread yet").waitFor();
  await Promise.all([rosa.enter("/rooms/general"), phone.enter("/rooms/general")]);
});

test("a saved message is found on the other device and taken off there", async () => {
  await said("The code of the door is on the wall");
  await phone.page.goto("/saved");
  await phone.page.getByText("Nothing is saved yet").waitFor();
  await rosa.press("The code of the door is on the wall", "Save");
  const row = phone.page.getByRole("listitem").filter({ hasText: "The code of the door" });
  await row.waitFor();
  await row.getByRole("button", { name: "Remove" }).click();
  await phone.page.getByText("Nothing is saved yet").waitFor();
  await phone.enter("/rooms/general");
});

test("quiet hours are those of the reader's own clock", async () => {
  const mei = await Person.arrive(browser, server, "mei", { timezoneId: "Asia/Tokyo" });
  await mei.register();
  await mei.page.goto("/settings");
  const from = mei.page.getByLabel("Each day from");
  await mei.page.getByText("(UTC)").first().waitFor({ state: "hidden" });
  await from.fill("22:00");
  await mei.page.locator("#quiet-to").fill("07:30");
  await mei.page.getByRole("button", { name: "Set quiet hours" }).click();
  await eventually(() => from.inputValue(), "22:00");
  const kept = await mei.page.evaluate(async () => (await fetch("/api/me/quiet")).json());
  assert.deepEqual(kept.daily, [13 * 60, 22 * 60 + 30]);
  mei.hasNoComplaints();
  await mei.leave();
});

test("a muted room is quiet on every device, and counts nothing in the title", async () => {
  await rosa.page.getByRole("link", { name: "Notifications" }).click();
  await rosa.page.getByLabel("Mute").check();
  await rosa.page.getByRole("button", { name: "Save" }).click();
  await eventually(() => phone.room("general").evaluate(({ classList }) => classList.contains("muted")), true);
  await phone.page.goto("/rooms");
  await ines.say("Nobody has to hear this");
  await ines.reads("Nobody has to hear this");
  await rosa.page.goto("/rooms/general/notifications");
  await rosa.page.getByLabel("Mute").uncheck();
  await rosa.page.getByRole("button", { name: "Save" }).click();
  await Promise.all([rosa.enter("/rooms/general"), phone.enter("/rooms/general")]);
});

test("a status is beside the name for whoever talks with one, at once", async () => {
  await ines.page.goto("/direct/rosa");
  await ines.composer.fill("Are you there?");
  await ines.page.getByRole("button", { name: "Send" }).click();
  await ines.reads("Are you there?");
  await rosa.page.goto("/settings");
  await rosa.page.getByLabel("What you are at").fill("At lunch");
  await rosa.page.getByLabel("Emoji").fill("🍜");
  await rosa.page.getByRole("button", { name: "Set status" }).click();
  const says = ines.room("Rosa").locator(".says");
  await eventually(() => says.textContent(), "🍜");
  assert.equal(await says.getAttribute("title"), "At lunch");
  await ines.page.goto("/people");
  await ines.page.getByText("At lunch").waitFor();
  await ines.page.goto("/people/rosa");
  await ines.page.getByText("🍜 At lunch").waitFor();
});

test("a conversation says at its top what the other one says, as it changes", async () => {
  await ines.enter("/direct/rosa");
  const topic = ines.page.locator(".bar > .topic");
  await eventually(() => topic.innerText(), "🍜 At lunch");
  await rosa.page.goto("/settings");
  await rosa.page.getByLabel("What you are at").fill("Back at the desk");
  await rosa.page.getByRole("button", { name: "Set status" }).click();
  await eventually(() => topic.innerText(), "🍜 Back at the desk");
});

test("who clicks on a name or a picture sees who it is and what the person says, and goes on from there", async () => {
  await rosa.enter("/rooms/general");
  await rosa.say("Mine, I think");
  await ines.enter("/rooms/general");
  await ines.message("Mine, I think").locator(".who").click();
  const card = ines.page.getByRole("dialog", { name: "Rosa" });
  await card.getByText("🍜 Back at the desk").waitFor();
  await card.getByText("@rosa").waitFor();
  await eventually(() => card.locator(".dot").getAttribute("data-status"), "online");
  await ines.page.keyboard.press("Escape");
  await card.waitFor({ state: "hidden" });
  // With the keyboard, and under a finger, it is one of the message's actions.
  await ines.press("Mine, I think", "Show the profile");
  await card.getByText("🍜 Back at the desk").waitFor();
  await ines.page.evaluate(() => (globalThis.stillHere = true));
  await card.getByRole("link", { name: "Message" }).click();
  await ines.page.waitForURL("**/direct/rosa");
  assert.equal(await ines.page.evaluate(() => globalThis.stillHere), true);
});

test("nothing was complained about", () => {
  for (const person of [ines, rosa, phone]) person.hasNoComplaints();
});
