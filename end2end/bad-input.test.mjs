// What people paste, and clocks that are wrong: the page stays as it is, and whoever reads it goes on reading.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
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

// For whoever wants to look: NATTER_PICTURES names a folder.
async function picture(person, name) {
  const folder = process.env.NATTER_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await person.page.screenshot({ path: join(folder, `${name}.png`) });
}

const last = (person) => person.list.locator("[data-seq]:not([data-pending])").last();

// Nothing sticks out of the page, and nothing covers where one writes.
async function isWhole(person) {
  const size = await person.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const list = document.querySelector("[data-testid=messages]");
    const box = document.querySelector(".composer textarea").getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const wide = [...list.querySelectorAll("*")].filter((part) => part.getBoundingClientRect().right > list.getBoundingClientRect().right + 1);
    return { page: scrollWidth - clientWidth, list: list.scrollWidth - list.clientWidth, wide: wide.slice(0, 3).map((part) => part.outerHTML.slice(0, 80)), write: top.matches(".composer textarea") };
  });
  assert.deepEqual(size, { page: 0, list: 0, wide: [], write: true });
}

const HOSTILE = {
  "a word of 8,000 letters": "w".repeat(8000),
  "zalgo": "Z" + "\u0324\u0348\u0336\u0310\u0306\u0353".repeat(300) + "algo " + "he comes ".repeat(5),
  "text that turns others around": "abc \u202Edcba\u202D \u2066 never closed \u202E and on",
  "right to left": "שלום עולם — مرحبا بالعالم 123",
  "script": "<script>globalThis.hacked = 1</script><img src=x onerror='globalThis.hacked = 1'> [x](javascript:globalThis.hacked=1)",
  "quotes without end": "> ".repeat(500) + "deep",
  "lists without end": Array.from({ length: 60 }, (_, depth) => " ".repeat(depth * 2) + "- deeper").join("\n"),
  "stars": "*".repeat(4000) + "a" + "_".repeat(3000),
  "fences without end": "```\n".repeat(1000) + "x".repeat(2000),
  "a link of 7,000 characters": "https://example.org/" + "a/".repeat(3500),
  "invisible": "\u200B\u200C\u200D\u2060 x \uFEFF",
  "emoji glued together": "👩‍👩‍👧‍👦".repeat(300),
  "lines": Array.from({ length: 600 }, () => "x").join("\n"),
};

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`the page stays whole: ${name}`, async () => {
    const before = await last(rosa).count() ? Number(await last(rosa).getAttribute("data-seq")) : 0;
    await ines.say(text);
    for (const person of [ines, rosa]) {
      await eventually(async () => await last(person).count() && Number(await last(person).getAttribute("data-seq")), before + 1);
      await isWhole(person);
      assert.equal(await person.page.evaluate(() => globalThis.hacked), undefined);
    }
    await picture(rosa, name.replaceAll(/\W+/g, "-"));
    await ines.say("and on");
    await eventually(async () => (await last(rosa).locator(".body").textContent()).trim(), "and on");
  });
}

test("text that turns others around ends with its message", async () => {
  const row = rosa.message("and on").last();
  assert.equal(await row.evaluate((row) => getComputedStyle(row.querySelector(".body")).unicodeBidi !== "normal" || row.querySelector(".body").dir === "auto" || getComputedStyle(row.querySelector(".body p")).unicodeBidi !== "normal"), true);
});

test("what is too long is said to be, and stays to be shortened", async () => {
  await ines.composer.fill("y".repeat(8001));
  await ines.composer.press("Enter");
  await ines.page.getByText("Not sent: the message").waitFor();
  assert.equal((await ines.composer.inputValue()).length, 8001);
  await ines.composer.fill("");
});

test("the same on a phone", async () => {
  const phone = await Person.arrive(browser, server, "rosa", { viewport: { width: 360, height: 740 }, storageState: await rosa.context.storageState() });
  await phone.enter("/rooms/general");
  await isWhole(phone);
  await picture(phone, "phone");
  phone.hasNoComplaints();
  await phone.context.close();
});

test("a clock that is years off neither loses nor misplaces a message", async () => {
  const late = await Person.arrive(browser, server, "late");
  await late.context.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() - 10 * 365 * 24 * 3600 * 1000;
  });
  await late.register();
  await late.enter("/rooms/general");
  await late.say("from the past");
  await rosa.reads("from the past");
  await late.reads("from the past");
  const order = (await late.messages()).map(([seq]) => seq);
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  late.hasNoComplaints();
  await late.context.close();
});

test("no console has an error", () => {
  ines.hasNoComplaints();
  rosa.hasNoComplaints();
});
