// What one does to a message, the other sees at once: reactions, edits, deletions, pins and threads.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  // Who comes first owns the place.
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const chip = (person, text, emoji) => person.message(text).locator(`.chip[data-emoji="${emoji}"]`);
const editor = (person) => person.page.getByRole("textbox", { name: "New text" });
const panel = (person) => person.page.getByRole("complementary", { name: "Thread" });
const said = async (person, text) => {
  await person.say(text);
  await Promise.all([ines.reads(text), rosa.reads(text)]);
};

test("a reaction is counted for everyone and marked for whoever gave it", async () => {
  await said(ines, "The set is up");
  await rosa.press("The set is up", "React with 👍");
  await chip(rosa, "The set is up", "👍").and(rosa.page.locator("[aria-pressed=true]")).waitFor();
  await chip(ines, "The set is up", "👍").and(ines.page.locator("[aria-pressed=false]")).waitFor();
  await chip(ines, "The set is up", "👍").click();
  await eventually(() => chip(rosa, "The set is up", "👍").locator("b").innerText(), "2");
  assert.equal(await chip(rosa, "The set is up", "👍").getAttribute("title"), "You and 1 other");
  await chip(rosa, "The set is up", "👍").click();
  await eventually(() => chip(ines, "The set is up", "👍").locator("b").innerText(), "1");
  await eventually(() => chip(rosa, "The set is up", "👍").getAttribute("aria-pressed"), "false");
});

test("the picker finds an emoji by its name, with the keyboard alone", async () => {
  await ines.press("The set is up", "Add a reaction");
  const search = ines.page.getByRole("searchbox", { name: "Search emoji" });
  await search.waitFor();
  await search.pressSequentially("rocket");
  await search.press("ArrowDown");
  assert.equal(await ines.page.evaluate(() => document.activeElement.textContent), "🚀");
  await ines.page.keyboard.press("Enter");
  await chip(rosa, "The set is up", "🚀").waitFor();
  await ines.page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the picker goes with Escape and says when nothing fits", async () => {
  await ines.press("The set is up", "Add a reaction");
  await ines.page.getByRole("searchbox", { name: "Search emoji" }).fill("no such thing");
  await ines.page.getByText("No emoji of that name").waitFor();
  await ines.page.keyboard.press("Escape");
  await ines.page.getByRole("searchbox").waitFor({ state: "hidden" });
});

test("an edit is made in place and shows for both, with its mark", async () => {
  await said(rosa, "Lihgts at six");
  await rosa.press("Lihgts at six", "Edit");
  assert.equal(await editor(rosa).inputValue(), "Lihgts at six");
  await editor(rosa).fill("Lights at *six*");
  await editor(rosa).press("Enter");
  for (const person of [ines, rosa]) {
    await person.reads("six");
    assert.match(await person.message("six").locator(".edited").innerText(), /^edited /);
  }
  await editor(rosa).waitFor({ state: "detached" });
});

test("what a message said before its edit is there for everyone, by its mark and among its actions", async () => {
  const versions = (person) => person.page.getByRole("dialog", { name: "Earlier versions" });
  await ines.message("six").locator(".edited").click();
  await versions(ines).getByText("Lihgts at six", { exact: true }).waitFor();
  await ines.page.keyboard.press("Escape");
  await versions(ines).waitFor({ state: "hidden" });
  await rosa.press("six", "Earlier versions");
  await versions(rosa).getByText("Lihgts at six", { exact: true }).waitFor();
  await rosa.page.keyboard.press("Escape");
});

test("ArrowUp in an empty composer edits one's last message, and Escape leaves it as it was", async () => {
  await said(ines, "Curtain at eight");
  await ines.composer.press("ArrowUp");
  await editor(ines).waitFor();
  assert.equal(await editor(ines).inputValue(), "Curtain at eight");
  await editor(ines).fill("something else");
  await editor(ines).press("Escape");
  await editor(ines).waitFor({ state: "detached" });
  await ines.reads("Curtain at eight");
  assert.ok(await ines.composer.evaluate((field) => field === document.activeElement));
});

test("nobody is offered to edit or, without owning the place, to delete what another wrote", async () => {
  const actions = await rosa.actions("Curtain at eight");
  await actions.getByRole("button", { name: "Report to moderators" }).waitFor();
  for (const name of ["Edit", "Delete"]) {
    assert.equal(await actions.getByRole("button", { name, exact: true }).count(), 0);
  }
  await rosa.page.keyboard.press("Escape");
  await actions.waitFor({ state: "hidden" });
});

test("who edits what is deleted meanwhile is told so and keeps the words", async () => {
  await said(rosa, "Old plan");
  await rosa.press("Old plan", "Edit");
  await editor(rosa).fill("A better plan, in many words");
  await ines.press("Old plan", "Delete");
  await ines.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await rosa.page.getByText("The message was deleted meanwhile").waitFor();
  assert.equal(await editor(rosa).inputValue(), "A better plan, in many words");
  await rosa.page.getByRole("button", { name: "Cancel" }).click();
  for (const person of [ines, rosa]) await person.reads("This message was deleted.");
});

test("keeping a message after all changes nothing", async () => {
  await said(rosa, "Bring tape");
  await rosa.press("Bring tape", "Delete");
  await rosa.page.getByRole("button", { name: "Keep it" }).click();
  await rosa.page.getByRole("dialog").waitFor({ state: "detached" });
  await rosa.reads("Bring tape");
});

test("a pin is there for both, and goes again", async () => {
  await rosa.press("Bring tape", "Pin");
  for (const person of [ines, rosa]) await person.message("Bring tape").locator(".pinned").waitFor();
  await ines.press("Bring tape", "Unpin");
  for (const person of [ines, rosa]) await person.message("Bring tape").locator(".pinned").waitFor({ state: "detached" });
});

test("what is pinned is listed beside the room, and leads to its place", async () => {
  await rosa.press("Bring tape", "Pin");
  await ines.message("Bring tape").locator(".pinned").waitFor();
  await ines.page.getByRole("link", { name: "Pinned messages" }).click();
  const pins = ines.page.getByRole("complementary", { name: "Pinned messages" });
  await pins.getByText("Bring tape", { exact: true }).waitFor();
  await pins.locator("a.when").click();
  await ines.message("Bring tape").and(ines.page.locator(".target")).waitFor();
  await rosa.press("Bring tape", "Unpin");
  await ines.enter("/rooms/general/pins");
  await ines.page.getByText("Nothing is pinned here yet.").waitFor();
  await ines.enter("/rooms/general");
});

test("a reply is live in the thread, in the room, and in the count", async () => {
  await said(ines, "Who has the keys?");
  await rosa.press("Who has the keys?", "Reply in a thread");
  const reply = panel(rosa).getByRole("textbox", { name: "Reply" });
  await reply.waitFor();
  assert.match(rosa.page.url(), /\/rooms\/general\/threads\//);
  await reply.fill("I do");
  await reply.press("Enter");
  await panel(rosa).getByText("I do", { exact: true }).waitFor();
  await eventually(() => reply.inputValue(), "");
  await ines.reads("I do");
  await ines.message("I do").getByText("Replied in a thread").waitFor();
  await ines.message("Who has the keys?").getByRole("link", { name: "1 reply" }).click();
  await panel(ines).getByText("I do", { exact: true }).waitFor();
  await panel(ines).getByRole("textbox", { name: "Reply" }).fill("Thank you");
  await panel(ines).getByRole("textbox", { name: "Reply" }).press("Enter");
  await panel(rosa).getByText("Thank you", { exact: true }).waitFor();
  await panel(rosa).locator("p.day").getByText("2 replies", { exact: true }).waitFor();
  await rosa.message("Who has the keys?").getByRole("link", { name: "2 replies" }).waitFor();
});

test("back and Escape close the thread, and its address opens it again", async () => {
  await rosa.page.goBack();
  await panel(rosa).waitFor({ state: "detached" });
  await rosa.page.goForward();
  await panel(rosa).getByText("Thank you", { exact: true }).waitFor();
  await rosa.page.reload();
  await rosa.isConnected();
  await panel(rosa).getByText("Thank you", { exact: true }).waitFor();
  await panel(rosa).getByRole("textbox", { name: "Reply" }).fill("Welcome");
  await panel(rosa).getByRole("textbox", { name: "Reply" }).press("Enter");
  await panel(ines).getByText("Welcome", { exact: true }).waitFor();
  await panel(rosa).getByRole("textbox", { name: "Reply" }).press("Escape");
  await panel(rosa).waitFor({ state: "detached" });
  assert.match(rosa.page.url(), /\/rooms\/general$/);
  await rosa.reads("Welcome");
});

test("a reload shows the same marks", async () => {
  const marks = (person) =>
    person.list.locator(".under").evaluateAll((all) => all.map((under) => under.textContent.replace(/edited.*/, "edited")));
  await panel(ines).getByRole("link", { name: "Close the thread" }).click();
  await panel(ines).waitFor({ state: "detached" });
  await rosa.enter("/rooms/general");
  await eventually(() => marks(rosa), await marks(ines));
});

test("all of it is reached with the keyboard alone", async () => {
  await said(rosa, "Last call");
  await rosa.message("Last call").locator(".when").focus();
  await rosa.tools("Last call").waitFor();
  await rosa.page.keyboard.press("Tab");
  const focused = () => rosa.page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.equal(await focused(), "React with 👍");
  for (const name of ["React with ❤️", "React with 😂", "Add a reaction", "Reply in a thread", "Quote", "Edit"]) {
    await rosa.page.keyboard.press("ArrowRight");
    await eventually(focused, name);
  }
  await rosa.page.keyboard.press("Enter");
  await editor(rosa).waitFor();
  await editor(rosa).fill("Very last call");
  await editor(rosa).press("Enter");
  await ines.reads("Very last call");
});

test("a finger that rests on a message opens a sheet with everything", async () => {
  const phone = await Person.arrive(browser, server, "theo", {
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true,
  });
  await phone.register();
  await phone.enter("/rooms/general");
  const row = phone.message("Very last call");
  await row.waitFor();
  await row.dispatchEvent("touchstart");
  const sheet = phone.page.getByRole("dialog", { name: "Actions for this message" });
  await sheet.getByRole("button", { name: "React with ❤️" }).click();
  await chip(ines, "Very last call", "❤️").waitFor();
  phone.hasNoComplaints();
});

test("nobody's page complained", () => {
  for (const person of [ines, rosa]) person.hasNoComplaints();
});
