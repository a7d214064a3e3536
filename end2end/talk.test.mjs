// Two people meet and talk, each in a browser of their own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("what one says the other reads at once, both ways", async () => {
  await ines.say("Morning, Rosa");
  await rosa.reads("Morning, Rosa");
  await rosa.say("Morning! The ferry is late");
  await ines.reads("Morning! The ferry is late");
  const said = [[1, "Morning, Rosa"], [2, "Morning! The ferry is late"]];
  await eventually(() => ines.messages(), said);
  await eventually(() => rosa.messages(), said);
});

test("a reload shows the same", async () => {
  const before = await ines.messages();
  for (const person of [ines, rosa]) {
    await person.page.reload();
    await person.isConnected();
    assert.deepEqual(await person.messages(), before);
  }
});

test("one's own message is on screen before the server knows of it, and is then that message", async () => {
  const pending = ines.list.locator("[data-pending]");
  await ines.page.evaluate(() => {
    globalThis.seen = [];
    const note = () => seen.push(...document.querySelectorAll("[data-testid=messages] [data-pending]"));
    new MutationObserver(note).observe(document.querySelector("[data-testid=messages]"), { childList: true, subtree: true });
  });
  await ines.say("On my way");
  await ines.reads("On my way");
  assert.equal(await pending.count(), 0);
  const adopted = await ines.page.evaluate(() => seen.length > 0 && seen.every((row) => row.isConnected && row.dataset.seq === "3"));
  assert.ok(adopted, "the row that was drawn at once became the stored message's");
});

test("Shift and Enter break the line, and nothing is sent while an input method composes", async () => {
  await ines.composer.fill("one");
  await ines.composer.press("Shift+Enter");
  await ines.composer.pressSequentially("two");
  assert.equal(await ines.composer.inputValue(), "one\ntwo");
  await ines.composer.dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
  assert.equal(await ines.composer.inputValue(), "one\ntwo");
  await ines.composer.fill("");
});

test("a draft survives a reload", async () => {
  await ines.composer.fill("half a tho");
  await ines.page.reload();
  await ines.isConnected();
  assert.equal(await ines.composer.inputValue(), "half a tho");
  await ines.say("a whole thought");
  await ines.reads("a whole thought");
  await ines.page.reload();
  await ines.isConnected();
  assert.equal(await ines.composer.inputValue(), "");
});

test("messages of one person in a row stand under one name", async () => {
  await rosa.say("first");
  await rosa.say("second");
  await ines.reads("second");
  await rosa.reads("second");
  for (const person of [ines, rosa]) {
    const live = [person.message("first"), person.message("second")];
    const classes = () => Promise.all(live.map((row) => row.evaluate((row) => row.classList.contains("first"))));
    assert.deepEqual(await classes(), [true, false]);
    // The first load marks everything read, so that in the second one no line of news stands between the two.
    await person.page.reload();
    await person.page.reload();
    assert.deepEqual(await classes(), [true, false], "the server groups them alike");
    await person.isConnected();
  }
});

test("a direct message marks the room for the other until it is read", async () => {
  // Nobody has to wait for a conversation that nobody began: it begins with the first message.
  await ines.page.goto("/direct/rosa");
  await ines.say("Between us");
  await ines.reads("Between us");
  await ines.isConnected();
  const link = rosa.room("Ines");
  await eventually(() => link.locator(".count").textContent(), "1");
  await eventually(async () => (await rosa.page.title()).startsWith("(1) #general"), true);
  await link.click();
  await rosa.reads("Between us");
  await rosa.isConnected();
  await eventually(() => link.locator(".count").isVisible(), false);
  await rosa.say("Heard");
  await ines.reads("Heard");
});

test("a conversation that begins with the first message is live for both", async () => {
  const mei = await Person.join(browser, server, "mei");
  await mei.page.goto("/direct/ines");
  await mei.say("Hello Ines");
  await mei.reads("Hello Ines");
  await ines.room("Mei").click();
  await ines.reads("Hello Ines");
  await ines.isConnected();
  await mei.isConnected();
  await ines.say("Hello Mei");
  await mei.reads("Hello Mei");
  mei.hasNoComplaints();
  await mei.context.close();
});

test("a mention is marked, in the list of rooms and in the room", async () => {
  await ines.enter("/rooms/general");
  await ines.say("@rosa look at this");
  const link = rosa.room("general");
  await eventually(() => link.getAttribute("data-mentions"), "1");
  await link.click();
  const called = rosa.list.locator(".message.mentioned");
  await called.waitFor();
  assert.match(await called.textContent(), /look at this/);
});

test("who reads further up is not moved, and is told what is new", async () => {
  await ines.enter("/rooms/general");
  for (let n = 0; n < 25; n++) await ines.say(`filling ${n}`);
  await ines.reads("filling 24");
  await rosa.enter("/rooms/general");
  const list = rosa.list;
  await list.evaluate((list) => list.scrollTo(0, -300));
  const place = () => rosa.message("filling 10").evaluate((row) => Math.round(row.getBoundingClientRect().top));
  await rosa.page.waitForFunction(() => document.querySelector("[data-testid=messages]").scrollTop < -250);
  const before = await place();
  await ines.say("news one");
  await ines.say("news two");
  const button = rosa.page.getByRole("button", { name: "2 new messages" });
  await button.waitFor();
  assert.ok(Math.abs(await place() - before) <= 1, "the reader's message stays where it is");
  await button.click();
  await eventually(() => list.evaluate((list) => list.scrollTop), 0);
  await button.waitFor({ state: "hidden" });
});

test("older messages come while one scrolls up, without a jump and without a hole", async () => {
  for (let n = 0; n < 45; n++) await ines.say(`more ${n}`);
  await ines.reads("more 44");
  await ines.page.reload();
  await ines.isConnected();
  const newest = (await ines.messages()).at(-1)[0];
  await eventually(async () => {
    await ines.list.evaluate((list) => list.scrollTo(0, -list.scrollHeight));
    const seqs = (await ines.messages()).map(([seq]) => seq);
    return [seqs[0], seqs.every((seq, place) => seq === seqs[0] + place)];
  }, [1, true]);
  assert.ok(newest > 50, "more than one page");
});

test("a message's own address shows it among its neighbours, and one can read on from there to the end", async () => {
  await ines.enter("/rooms/general/10");
  const target = ines.list.locator('[data-seq="10"]');
  const isInView = () => target.evaluate((row) => {
    const [box, list] = [row, row.closest("[data-testid=messages]")].map((element) => element.getBoundingClientRect());
    return box.top >= list.top && box.bottom <= list.bottom;
  });
  await eventually(isInView, true);
  // What comes around it meanwhile moves nobody.
  await ines.list.locator('[data-seq="20"]').waitFor({ state: "attached" });
  assert.ok(await isInView());
  await rosa.enter("/rooms/general");
  await rosa.say("far below");
  await eventually(async () => {
    await ines.list.evaluate((list) => list.scrollTo(0, 0));
    return (await ines.messages()).at(-1)[1];
  }, "far below");
  await ines.page.getByText("Jump to the newest").waitFor({ state: "hidden" });
});

test("a message that is refused says why, and can be tried again or given up", async () => {
  const call = (person, path, body) => person.page.evaluate(async ([path, body]) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.status === 204 ? null : answer.json();
  }, [path, body]);
  const { id } = await call(ines, "/api/rooms", { name: "pier" });
  await call(rosa, `/api/rooms/${id}/join`, {});
  await rosa.enter("/rooms/pier");
  await call(rosa, `/api/rooms/${id}/leave`, {});
  await rosa.say("too late");
  const failed = rosa.list.locator(".message.failed[data-pending]");
  await failed.getByText("Not sent: Members only").waitFor();
  await call(rosa, `/api/rooms/${id}/join`, {});
  await failed.getByRole("button", { name: "Try again" }).click();
  await rosa.reads("too late");
  await call(rosa, `/api/rooms/${id}/leave`, {});
  await rosa.say("never mind");
  await failed.getByRole("button", { name: "Discard" }).click();
  await failed.waitFor({ state: "detached" });
  await rosa.page.reload();
  await rosa.reads("too late");
  assert.equal(await rosa.list.getByText("never mind").count(), 0);
});

test("nobody's console has an error", () => {
  ines.hasNoComplaints();
  rosa.hasNoComplaints();
});
