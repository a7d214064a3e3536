// What a message can say, what one does with it, and the quick way to everywhere.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { faults } from "./support/axe.mjs";
import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

const PAGE = "<title>Tides &amp; times</title><meta name=description content='When the water comes'>";

let server, browser, ines, rosa, elsewhere;

before(async () => {
  elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(PAGE));
  await new Promise((listening) => elsewhere.listen(0, "127.0.0.1", listening));
  const settings = { NATTER_PREVIEWS: "on", NATTER_OUTSIDE: `127.0.0.1:${elsewhere.address().port}` };
  [server, browser] = await Promise.all([Server.start({ settings }), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
  elsewhere?.close();
});

const last = (person) => person.list.locator("[data-seq]:not([data-pending])").last();
// Says something, and waits until the other has it. Gives it as the other sees it.
async function says(from, to, text) {
  const before = to.list.locator("[data-seq]:not([data-pending])");
  const next = (await before.count()) === 0 ? 1 : Number(await last(to).getAttribute("data-seq")) + 1;
  await from.say(text);
  const message = to.list.locator(`[data-seq="${next}"]:not([data-pending])`);
  await message.waitFor();
  return message;
}
const palette = (person) => person.page.getByRole("dialog", { name: "Go to" });
const field = (person) => person.page.getByRole("combobox", { name: "Go to" });
const chosen = (person) => person.page.getByRole("option", { selected: true });

test("code has the colours of its language and scrolls within itself", async () => {
  const long = "x".repeat(300);
  const message = await says(ines, rosa, `\`\`\`rust\nfn main() { let a = "b"; } // ${long}\n\`\`\``);
  assert.equal(await message.locator("pre .k").first().innerText(), "fn");
  const colour = (locator) => locator.evaluate((element) => getComputedStyle(element).color);
  assert.notEqual(await colour(message.locator(".k").first()), await colour(message.locator("code")));
  const [wide, shown] = await message.locator("pre").evaluate((pre) => [pre.scrollWidth, pre.clientWidth]);
  assert.ok(wide > shown, `${wide} in ${shown}`);
  assert.ok(await rosa.list.evaluate((list) => list.scrollWidth <= list.clientWidth), "the page does not scroll");
});

test("a spoiler shows what it hides by a click, and by the keyboard", async () => {
  const message = await says(ines, rosa, "the end: ||they **win**||");
  const spoiler = message.getByRole("group", { name: "Spoiler" });
  const inside = spoiler.locator("strong");
  assert.equal(await inside.isVisible(), false);
  await spoiler.click();
  assert.equal(await inside.isVisible(), true);
  await rosa.composer.click();
  assert.equal(await inside.isVisible(), false);
  await spoiler.focus();
  assert.equal(await inside.isVisible(), true);
});

test("people, rooms and emoji are what they are called", async () => {
  await ines.page.goto("/rooms");
  await ines.page.getByLabel("Name").fill("harbour");
  await ines.page.getByRole("button", { name: "Create" }).click();
  await ines.page.waitForURL("**/rooms/harbour");
  await ines.enter("/rooms/general");
  const message = await says(ines, rosa, ":tada: @rosa, see #harbour");
  assert.equal(await message.locator(".body").innerText(), "🎉 @Rosa, see #harbour");
  await rosa.page.evaluate(() => (globalThis.stillHere = true));
  await message.getByRole("link", { name: "#harbour" }).click();
  await rosa.page.waitForURL("**/rooms/harbour");
  await rosa.page.goBack();
  await message.waitFor();
  await message.getByRole("link", { name: "@Rosa" }).click();
  await rosa.page.waitForURL("**/direct/rosa");
  await rosa.enter("/rooms/general");
});

test("a message is quoted with who said it, and one's own words stay", async () => {
  await says(rosa, ines, "Low water\nat *six*");
  await ines.composer.fill("I heard");
  await last(ines).locator(".body").hover();
  await ines.page.getByRole("button", { name: "Quote", exact: true }).click();
  const address = `${server.url}/rooms/general/${await last(ines).getAttribute("data-seq")}`;
  await eventually(() => ines.composer.inputValue(), `I heard\n\n> [Rosa](${address})\n> Low water\n> at *six*\n\n`);
  const quoted = await says(ines, rosa, `${await ines.composer.inputValue()}Thanks`);
  assert.equal(await quoted.locator("blockquote em").innerText(), "six");
  await quoted.getByRole("link", { name: "Rosa" }).waitFor();
});

test("a day has an address, which the line above it leads to", async () => {
  const line = rosa.list.locator(".day:not(.new) a").first();
  const href = await line.getAttribute("href");
  assert.match(href, /^\/rooms\/general\?date=\d{4}-\d\d-\d\d$/);
  await rosa.enter(href);
  await rosa.list.locator('.message.target[data-seq="1"]').waitFor();
  await rosa.enter("/rooms/general?date=2100-01-01");
  await last(rosa).waitFor();
  await rosa.enter("/rooms/general?date=yesterday");
  await last(rosa).waitFor();
});

test("a link says what it leads to, without the browser calling there", async () => {
  const asked = [];
  rosa.page.on("request", (request) => asked.push(new URL(request.url()).host));
  const message = await says(ines, rosa, `http://127.0.0.1:${elsewhere.address().port}/tides`);
  const card = message.locator("aside.preview");
  await card.getByRole("link", { name: "Tides & times" }).waitFor();
  assert.equal(await card.locator("p").innerText(), "When the water comes");
  assert.deepEqual(asked.filter((host) => host !== new URL(server.url).host), []);
});

test("the palette goes to a room by a name that is almost right", async () => {
  await ines.enter("/rooms/general");
  await ines.page.keyboard.press("Control+k");
  await field(ines).waitFor();
  assert.ok(await field(ines).evaluate((field) => field === document.activeElement));
  await field(ines).pressSequentially("harbuor");
  assert.equal(await chosen(ines).locator("b").innerText(), "harbour");
  assert.equal(await field(ines).getAttribute("aria-activedescendant"), await chosen(ines).getAttribute("id"));
  await ines.page.keyboard.press("Enter");
  await ines.page.waitForURL("**/rooms/harbour");
  await palette(ines).waitFor({ state: "detached" });
});

test("the palette finds people, and what can be done", async () => {
  await ines.page.keyboard.press("Control+k");
  await field(ines).pressSequentially("rsoa");
  const person = ines.page.getByRole("option", { name: /Rosa @rosa/ });
  await person.waitFor();
  await field(ines).fill("rosa tides");
  const options = ines.page.getByRole("option");
  await eventually(() => options.count(), 1);
  assert.match(await options.innerText(), /Search messages for “rosa tides”/);
  await field(ines).fill("pins");
  await eventually(() => chosen(ines).locator("b").innerText(), "Pinned messages");
  await ines.page.keyboard.press("ArrowDown");
  assert.match(await chosen(ines).innerText(), /Search messages for “pins”/);
  await ines.page.keyboard.press("ArrowDown");
  await ines.page.keyboard.press("Enter");
  await ines.page.waitForURL("**/rooms/harbour/pins");
});

test("the palette goes with Escape, and the focus goes back", async () => {
  await ines.enter("/rooms/general");
  await ines.composer.click();
  await ines.page.keyboard.press("Control+k");
  await field(ines).waitFor();
  await ines.page.keyboard.press("Escape");
  await field(ines).waitFor({ state: "hidden" });
  assert.ok(await ines.composer.evaluate((field) => field === document.activeElement));
});

test("the palette knows the rooms without a network", async () => {
  await ines.enter("/rooms/harbour");
  await ines.isKept();
  await ines.enter("/rooms/general");
  await ines.isKept();
  await ines.context.setOffline(true);
  await ines.isConnected("offline");
  await ines.page.keyboard.press("Control+k");
  await field(ines).pressSequentially("harb");
  assert.equal(await chosen(ines).locator("b").innerText(), "harbour");
  await ines.page.keyboard.press("Enter");
  await ines.page.waitForURL("**/rooms/harbour");
  await ines.context.setOffline(false);
  await ines.isConnected();
});

test("neither the palette nor what messages can say has a fault, light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await rosa.page.emulateMedia({ colorScheme });
    await rosa.enter("/rooms/general");
    for (const open of [false, true]) {
      if (open) {
        await rosa.page.keyboard.press("Control+k");
        await field(rosa).waitFor();
      }
      assert.deepEqual(await faults(rosa.page), [], `${colorScheme}, palette ${open ? "open" : "closed"}`);
      if (open) await rosa.page.keyboard.press("Escape");
    }
  }
});

test("no page complained", () => {
  ines.hasNoComplaints([/ERR_INTERNET_DISCONNECTED|WebSocket/]);
  rosa.hasNoComplaints();
});
