// A thread is as good a place to talk as a room: files, who is writing, what was begun, and how many wait to be read.

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
  await ines.say("Who has the keys?");
  for (const person of [ines, rosa, phone]) await open(person);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const panel = (person) => person.page.getByRole("complementary", { name: "Thread" });
const field = (person) => panel(person).getByRole("textbox", { name: "Reply" });
const tray = (person) => panel(person).getByRole("list", { name: "Files to send" }).getByRole("listitem");
const ready = (person, count) => eventually(() => tray(person).and(person.page.locator("[data-state=there]")).count(), count);
const reply = async (person, text) => {
  await field(person).fill(text);
  await field(person).press("Enter");
  await panel(person).getByText(text, { exact: true }).waitFor();
};
const replies = (person, text) => panel(person).locator(".message").filter({ has: person.page.getByText(text, { exact: true }) });

async function open(person) {
  await person.reads("Who has the keys?");
  await person.press("Who has the keys?", "Reply in a thread");
  // What the panel needs comes with the first one.
  await panel(person).locator("label.attach").waitFor();
}

const close = (person) => panel(person).getByRole("link", { name: "Close the thread" }).click();

const text = (name, words) => ({ name, mimeType: "text/plain", buffer: Buffer.from(words) });

// Files as a drop or a paste brings them.
const transfer = (person, { name, mimeType, buffer }) => person.page.evaluateHandle(([name, type, base64]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  data.items.add(new File([bytes], name, { type }));
  return data;
}, [name, mimeType, buffer.toString("base64")]);

test("files that are picked, dropped and pasted are in the reply", async () => {
  await panel(ines).getByLabel("Attach files").setInputFiles([text("list.txt", "keys")]);
  await ready(ines, 1);
  const dropped = await transfer(ines, text("plan.txt", "doors"));
  await ines.page.dispatchEvent(".thread .answers", "dragover", { dataTransfer: dropped });
  await ines.page.locator('.app[data-drop="thread"]').waitFor();
  await ines.page.dispatchEvent(".thread .answers", "drop", { dataTransfer: dropped });
  assert.equal(await ines.page.locator(".app[data-drop]").count(), 0);
  const pasted = await transfer(ines, text("note.txt", "locks"));
  await field(ines).focus();
  await ines.page.evaluate((clipboardData) => {
    const options = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
  }, pasted);
  await ready(ines, 3);
  await panel(ines).getByRole("button", { name: "Remove plan.txt" }).click();
  await ready(ines, 2);
  await field(ines).fill("All that I found");
  await panel(ines).getByRole("button", { name: "Reply", exact: true }).click();
  for (const person of [ines, rosa]) {
    await eventually(() => replies(person, "All that I found").locator(".file b").allInnerTexts(), ["list.txt", "note.txt"]);
  }
  await eventually(() => tray(ines).count(), 0);
  assert.equal(await field(ines).inputValue(), "");
});

test("a reply waits for its files, and a file needs no word", async () => {
  let pass;
  const held = new Promise((go) => (pass = go));
  await ines.page.route("**/api/files/uploads/*", async (route) => {
    await held;
    return route.continue();
  });
  await panel(ines).getByLabel("Attach files").setInputFiles([text("alone.txt", "x")]);
  await field(ines).press("Enter");
  await panel(ines).getByText("Sent once the files are there").waitFor();
  pass();
  for (const person of [ines, rosa]) await panel(person).getByText("alone.txt", { exact: true }).waitFor();
  await ines.page.unroute("**/api/files/uploads/*");
  await eventually(() => tray(ines).count(), 0);
});

test("files stay with the thread or the room that they are for", async () => {
  await panel(ines).getByLabel("Attach files").setInputFiles([text("thread.txt", "x")]);
  await ready(ines, 1);
  const composer = ines.page.locator(".composer:not(.reply)");
  await composer.getByLabel("Attach files").setInputFiles([text("room.txt", "x")]);
  const all = () => ines.page.locator(".tray b").allInnerTexts();
  await eventually(all, ["room.txt", "thread.txt"]);
  await close(ines);
  await eventually(all, ["room.txt"]);
  await ines.page.locator('.tray [data-state="there"]').waitFor();
  await ines.say("For the room");
  await rosa.reads("For the room");
  assert.deepEqual(await rosa.message("For the room").locator(".file b").allInnerTexts(), ["room.txt"]);
  await open(ines);
  await eventually(all, ["thread.txt"]);
  await panel(ines).getByRole("button", { name: "Remove thread.txt" }).click();
  await eventually(() => tray(ines).count(), 0);
});

test("who writes a reply is shown in the thread and not in the room", async () => {
  const line = (place) => place.locator(".typing");
  const room = rosa.page.locator(".pane > .write");
  // To know that nothing was shown in the room, everything that it ever says is noted.
  await room.locator(".typing").evaluate((line) => {
    globalThis.said = [];
    new MutationObserver(() => said.push(line.textContent)).observe(line, { childList: true });
  });
  // For longer than a page keeps still after the last time it told of it, which may be a moment ago.
  await field(ines).pressSequentially("I think so, all in all, and would like", { delay: 100 });
  await eventually(() => line(panel(rosa)).innerText(), "Ines is typing…");
  await field(ines).fill("I think so");
  await field(ines).press("Enter");
  await panel(rosa).getByText("I think so", { exact: true }).waitFor();
  await eventually(() => line(panel(rosa)).innerText(), "");
  assert.deepEqual(await rosa.page.evaluate(() => globalThis.said), []);
  // Of whom is heard nothing more it is not said for ever.
  // Longer than the server and the page keep still after a message.
  await field(ines).pressSequentially("And then there is this", { delay: 100 });
  await eventually(() => line(panel(rosa)).innerText(), "Ines is typing…");
  await eventually(() => line(panel(rosa)).innerText(), "");
  await field(ines).fill("");
  await ines.composer.pressSequentially("Room");
  await eventually(() => line(room).innerText(), "Ines is typing…");
  assert.equal(await line(panel(rosa)).innerText(), "");
  await ines.composer.fill("");
});

test("a reply that was begun is on the other device, until it is sent", async () => {
  await field(rosa).fill("Half a reply");
  await eventually(() => field(phone).inputValue(), "Half a reply");
  await field(phone).fill("A longer reply");
  await eventually(() => field(rosa).inputValue(), "A longer reply");
  assert.equal(await rosa.composer.inputValue(), "", "the room has a draft of its own");
  await close(phone);
  await field(rosa).fill("A whole reply");
  await close(rosa);
  // Closed at once, it was told all the same.
  await open(phone);
  await eventually(() => field(phone).inputValue(), "A whole reply");
  await open(rosa);
  assert.equal(await field(rosa).inputValue(), "A whole reply");
  await rosa.page.reload();
  await rosa.isConnected();
  await eventually(() => field(rosa).inputValue(), "A whole reply");
  await field(rosa).press("Enter");
  await panel(phone).getByText("A whole reply", { exact: true }).waitFor();
  for (const person of [rosa, phone]) await eventually(() => field(person).inputValue(), "");
  await close(phone);
  await open(phone);
  await rosa.page.reload();
  await panel(rosa).getByText("A whole reply", { exact: true }).waitFor();
  for (const person of [rosa, phone]) assert.equal(await field(person).inputValue(), "");
});

test("followed threads with unread replies are counted on every device, until they are read on one", async () => {
  const link = (person) => person.page.getByRole("navigation", { name: "Rooms" }).locator('a[href="/threads"]');
  const counts = async (count) => {
    for (const person of [rosa, phone]) {
      await eventually(() => link(person).innerText().then((text) => text.replace(/\s+/g, " ").trim()), count ? `Threads ${count}` : "Threads");
      await eventually(() => link(person).evaluate(({ classList }) => classList.contains("unread")), count > 0);
    }
  };
  await counts(0);
  await ines.say("Who locks up?");
  await rosa.reads("Who locks up?");
  await rosa.press("Who locks up?", "Reply in a thread");
  await panel(rosa).locator(".root").getByText("Who locks up?").waitFor();
  await reply(rosa, "Me");
  // Both devices are elsewhere.
  await rosa.page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/rooms", { method: "POST", headers, body: JSON.stringify({ name: "elsewhere" }) });
  });
  await Promise.all([rosa.enter("/rooms/elsewhere"), phone.enter("/rooms/elsewhere")]);
  await counts(0);
  await reply(ines, "Then I have them");
  await counts(1);
  await close(ines);
  await ines.press("Who locks up?", "Reply in a thread");
  await panel(ines).locator(".root").getByText("Who locks up?").waitFor();
  await reply(ines, "Thank you");
  await reply(ines, "Good night");
  await counts(2);
  // They stand in the order in which they were said.
  const shown = panel(ines).locator(".answers > .row:not(.root) .body");
  await eventually(async () => (await shown.allInnerTexts()).map((text) => text.trim()), ["Me", "Thank you", "Good night"]);
  // A page that is loaded anew says the same before any script does.
  const html = await phone.page.evaluate(async () => (await fetch(location.href)).text());
  const [, served] = html.match(/<a [^>]*href="\/threads"[^>]*>.*?class="count"[^>]*>(\d+)/s) ?? [];
  assert.equal(served, "2");
  // A reply that is taken back waits for nobody.
  await ines.press("Then I have them", "Delete");
  await ines.page.getByRole("dialog").getByRole("button", { name: /^Delete/ }).click();
  await counts(1);
  // Read on one device; the other stays where it is.
  await phone.enter("/rooms/general");
  await counts(0);
  // Who looks at the room reads the replies in it, without the thread.
  await reply(ines, "One more");
  await phone.reads("One more");
  await counts(0);
});

test("nothing was complained about", () => {
  for (const person of [ines, rosa, phone]) person.hasNoComplaints();
});
