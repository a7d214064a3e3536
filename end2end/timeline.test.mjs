// A room of a hundred thousand messages: whatever one does with it, few rows are in the page, what is read stays
// where it is, and what is shown is what is stored.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { memory, observe, observed, report, weighable } from "./support/gauge.mjs";
import { Server } from "./support/server.mjs";

const MESSAGES = 100_000;
const NODES_MAX = 99;
const HEAP_MAX = 50_000_000;

let server, browser, ines, room;

before(async () => {
  [server, browser] = await Promise.all([
    Server.start({ limits: "off", seed: { users: 12, rooms: 0, members: 1, messages: MESSAGES } }),
    // A scrollbar is there to be dragged.
    launch({ ignoreDefaultArgs: ["--hide-scrollbars"] }),
  ]);
  // What a service worker asks for is not seen here, and some of it is kept from the page below.
  ines = await Person.join(browser, server, "ines", { serviceWorkers: "block" });
  await weighable(ines.context);
  await ines.enter("/rooms/general");
  room = await ines.page.locator(".app").getAttribute("data-room");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// The numbers of the messages that are in view, from the top.
const inView = () => ines.list.evaluate((list) => {
  const { top, bottom } = list.getBoundingClientRect();
  const rows = [...list.querySelectorAll("[data-seq]")].filter((row) => {
    const box = row.getBoundingClientRect();
    return box.bottom > top && box.top < bottom;
  });
  return rows.map((row) => Number(row.dataset.seq));
});

// The view is filled with neighbours, without a hole and without a repeat.
async function isFilled() {
  await eventually(() => ines.list.evaluate((list) => {
    const { left, top, bottom } = list.getBoundingClientRect();
    const at = (y) => document.elementFromPoint(left + 100, y)?.closest(".row, .beginning") !== null;
    return list.getAttribute("aria-busy") !== "true" && at(top + 30) && at((top + bottom) / 2) && at(bottom - 30);
  }), true);
  const seqs = await inView();
  assert.deepEqual(seqs, seqs.map((_, place) => seqs[0] + place));
  return seqs;
}

// Lets go of the wheel and waits until nothing moves any more.
async function rests() {
  let before;
  await eventually(async () => {
    const now = await ines.list.evaluate((list) => list.scrollTop);
    const is = now === before;
    before = now;
    await ines.page.waitForTimeout(150);
    return is;
  }, true);
}

const texts = (seqs) => ines.page.evaluate(async ([room, first, count]) => {
  const answer = await fetch(`/api/messages?room=${room}&after=${first - 1}&limit=${count}`);
  const { messages } = await answer.json();
  const plain = (html) => Object.assign(document.createElement("div"), { innerHTML: html }).textContent.trim();
  return messages.map(({ seq, html }) => [seq, plain(html)]);
}, [room, seqs[0], seqs.length]);

// What is in view is what is stored.
async function isTrue() {
  const seqs = await isFilled();
  const shown = await ines.list.evaluate((list, seqs) => seqs.map((seq) =>
    [seq, list.querySelector(`[data-seq="${seq}"] .body`).textContent.trim()]), seqs);
  assert.deepEqual(shown, await texts(seqs.slice(0, 100)));
}

const over = () => ines.list.hover({ position: { x: 400, y: 300 } });

test("a hundred thousand messages pass under a fast wheel, up and down", async () => {
  await over();
  await observe(ines.page);
  for (const direction of [-1, 1]) {
    for (let n = 0; n < 120; n++) {
      await ines.page.mouse.wheel(0, direction * (400 + 20 * n));
      if (n % 40 === 0) await ines.page.waitForTimeout(100);
    }
    await rests();
    await isTrue();
  }
  const seen = await observed(ines.page);
  report("timeline-wheel", seen);
  assert.ok(seen.nodes <= NODES_MAX, `${seen.nodes} message nodes`);
});

test("the scrollbar is dragged through the whole room", async () => {
  const box = await ines.list.boundingBox();
  const x = box.x + box.width - 5;
  await ines.list.evaluate((list) => list.scrollTo(0, 0));
  await rests();
  await observe(ines.page);
  // The thumb is small, and stands above the button at the end.
  const y = box.y + box.height - 14;
  await ines.page.mouse.move(x, y);
  await ines.page.mouse.down();
  for (let n = 0; n <= 60; n++) await ines.page.mouse.move(x, y - (n * (box.height - 24)) / 60);
  await ines.page.mouse.up();
  await rests();
  await isTrue();
  const [first] = await inView();
  assert.ok(first < MESSAGES / 10, `dragged to the top one is at ${first}`);
  const seen = await observed(ines.page);
  report("timeline-drag", seen);
  assert.ok(seen.nodes <= NODES_MAX, `${seen.nodes} message nodes`);
});

test("Home leads to where the room begins, End to the newest, and Page Up back a page", async () => {
  await ines.list.focus();
  await ines.page.keyboard.press("Home");
  await rests();
  await isTrue();
  assert.equal((await inView())[0], 1);
  assert.ok(await ines.page.getByRole("heading", { name: "This is where general begins" }).isVisible());
  await ines.page.keyboard.press("End");
  await rests();
  await isTrue();
  assert.equal((await inView()).at(-1), MESSAGES);
  await ines.page.keyboard.press("PageUp");
  await rests();
  await isTrue();
  const last = (await inView()).at(-1);
  assert.ok(last < MESSAGES && last > MESSAGES - 100);
});

test("what is read stays where it is while older pages come, rows are measured and others write", async () => {
  await ines.page.reload();
  await ines.isConnected();
  await over();
  await ines.page.mouse.wheel(0, -1500);
  await rests();
  const seqs = await isFilled();
  await observe(ines.page);
  await ines.page.evaluate((seq) => globalThis.gauge.hold(seq), seqs[Math.floor(seqs.length / 2)]);
  for (let n = 0; n < 20; n++) {
    await server.post(n % 12, room, `While you read ${n}\n\n${"and so on ".repeat(n * 3)}`);
  }
  await ines.page.getByRole("button", { name: "20 new messages" }).waitFor();
  await rests();
  const seen = await observed(ines.page);
  report("timeline-drift", seen);
  assert.ok(seen.drift <= 1, `moved by ${seen.drift} px`);
  await isTrue();

  // Page after page of what is above comes, and what is in view when the wheel rests is not moved by it.
  for (let n = 0; n < 10; n++) {
    await over();
    await ines.page.mouse.wheel(0, -2500);
    await rests();
    const seqs = await isFilled();
    await observe(ines.page);
    await ines.page.evaluate((seq) => globalThis.gauge.hold(seq), seqs[Math.floor(seqs.length / 2)]);
    await ines.page.waitForTimeout(200);
    const { drift } = await observed(ines.page);
    assert.ok(drift <= 1, `moved by ${drift} px`);
  }
  await ines.page.getByRole("button", { name: "20 new messages" }).click();
  await eventually(async () => (await inView()).at(-1), MESSAGES + 20);
  await isTrue();
});

test("a message's address shows it without loading the page, wherever in the room it is", async () => {
  await ines.page.evaluate(() => (globalThis.stillHere = true));
  const open = (path) => ines.page.evaluate((path) => {
    const link = Object.assign(document.createElement("a"), { href: path, textContent: "there" });
    document.querySelector(".bar").append(link);
    link.click();
    link.remove();
  }, path);
  for (const seq of [1_234, 99_000, 1, 54_321]) {
    await open(`/rooms/general/${seq}`);
    const target = ines.list.locator(`.message.target[data-seq="${seq}"]`);
    await target.waitFor();
    await isTrue();
    assert.ok((await inView()).includes(seq));
    assert.equal(new URL(ines.page.url()).pathname, `/rooms/general/${seq}`);
    assert.ok(await target.evaluate((row) => row === document.activeElement), "and has the focus");
  }
  await ines.page.goBack();
  await ines.list.locator('.message.target[data-seq="1"]').waitFor();
  assert.equal(await ines.page.evaluate(() => globalThis.stillHere), true);
});

test("a date leads to the first message of that day", async () => {
  const day = await ines.page.evaluate(async (room) => {
    const { messages: [message] } = await (await fetch(`/api/messages?room=${room}&around=40000&limit=1`)).json();
    const at = new Date(message.created_at);
    const two = (number) => String(number).padStart(2, "0");
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  }, room);
  await ines.page.getByLabel("Jump to a date").fill(day);
  await ines.list.locator(`.row:has(.day[data-day="${day}"]) .message.target`).waitFor();
  await isTrue();
});

test("the focus stays in a message that is scrolled out of sight, and what is selected stays selected", async () => {
  await ines.enter("/rooms/general");
  const newest = (await inView()).at(-1);
  const link = ines.list.locator(`[data-seq="${newest}"] .when`);
  await link.focus();
  await over();
  await ines.page.mouse.wheel(0, -9_000);
  await rests();
  await isFilled();
  assert.ok(!(await inView()).includes(newest));
  assert.equal(await ines.page.evaluate(() => document.activeElement.closest("[data-seq]")?.dataset.seq), String(newest));
  await ines.page.evaluate(() => document.activeElement.blur());

  await ines.list.evaluate((list) => list.scrollTo(0, 0));
  await rests();
  const seqs = await isFilled();
  const seq = seqs.at(-3);
  const selected = await ines.list.evaluate((list, seq) => {
    getSelection().selectAllChildren(list.querySelector(`[data-seq="${seq}"] .body`));
    return getSelection().toString();
  }, seq);
  for (let n = 0; n < 5; n++) await server.post(n, room, `meanwhile ${n}`);
  await ines.reads("meanwhile 4");
  assert.equal(await ines.page.evaluate(() => getSelection().toString()), selected);
});

test("pages that do not come are said and can be tried again", async () => {
  await ines.enter("/rooms/general");
  await ines.page.route("**/api/messages?**", (route) => route.abort());
  await ines.list.focus();
  await ines.page.keyboard.press("Home");
  const again = ines.page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await ines.page.unroute("**/api/messages?**");
  await again.click();
  await again.waitFor({ state: "hidden" });
  await isTrue();
  assert.equal((await inView())[0], 1);
});

test("after all of it the page is small", async () => {
  const found = await memory(ines.page);
  report("timeline-memory", found);
  assert.ok(found.all < HEAP_MAX, `${found.all} bytes`);
});

test("nobody's console has another error than for the pages that were kept from it", () => {
  ines.hasNoComplaints([/ERR_FAILED/]);
});
