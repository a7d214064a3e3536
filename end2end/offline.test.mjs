// The server goes away, the browser is closed and opened again: what was read can be read, and what was written arrives.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Person, eventually, launch, launchIn } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

const folder = mkdtempSync(join(tmpdir(), "natter-profile-"));
let server, browser, context, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  context = await launchIn(folder, server);
  ines = await Person.at(context, server, "ines");
  await ines.register();
  await ines.enter("/rooms/general");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await context?.close();
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const reopen = async () => {
  await context.close();
  context = await launchIn(folder, server);
  ines = await Person.at(context, server, "ines");
};
const texts = async (person) => (await person.messages()).map(([, text]) => text);
const pending = () => ines.list.locator("[data-pending] .body").allTextContents();
const trimmed = async (found) => (await found).map((text) => text.trim());

test("a second visit asks for none of the built files", async () => {
  await ines.isKept();
  const asked = [];
  const note = async (response) => {
    const { pathname } = new URL(response.url());
    if (/^\/(pkg|icons)|favicon|webmanifest/.test(pathname)) asked.push([pathname, response.fromServiceWorker()]);
  };
  ines.page.on("response", note);
  await ines.page.reload();
  await ines.isConnected();
  await ines.page.waitForLoadState("networkidle");
  assert.ok(asked.some(([path]) => path.endsWith(".wasm")), "the page needs its code");
  assert.deepEqual(asked.filter(([, kept]) => !kept), []);
  ines.page.off("response", note);
});

test("without a server, what was read is there, and so is what came after the page was loaded", async () => {
  await rosa.say("before the storm");
  await ines.reads("before the storm");
  await eventually(() => keptMessages(), ["before the storm"]);
  await server.crash();
  await ines.page.reload();
  await ines.isConnected("offline");
  await ines.reads("before the storm");
});

const keptMessages = () => ines.page.evaluate(async () => {
  const { user, room } = document.querySelector(".app").dataset;
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const db = await done(indexedDB.open(`natter-${user}`));
  const kept = await done(db.transaction("rooms").objectStore("rooms").get(room));
  db.close();
  return kept ? JSON.parse(kept.text).messages.map(({ html }) => html.replace(/<[^>]*>/g, "").trim()) : [];
});

test("what is written then waits, and says so", async () => {
  for (const text of ["one", "two", "three"]) await ines.say(text);
  await ines.composer.fill("half a thought");
  assert.deepEqual(await trimmed(pending()), ["one", "two", "three"]);
  await ines.page.getByText("Offline. 3 messages wait").waitFor();
  await eventually(() => ines.keptSends(), 3);
  await ines.page.getByRole("button", { name: "Try now" }).click();
  await ines.isConnected("offline");
});

test("closing the browser loses nothing of it", async () => {
  await reopen();
  await ines.page.goto("/");
  await ines.page.waitForURL("**/rooms/general");
  await ines.isConnected("offline");
  await eventually(() => trimmed(pending()), ["one", "two", "three"]);
  assert.equal(await ines.composer.inputValue(), "half a thought");
  await ines.reads("before the storm");
});

test("a page that was never opened says that there is no network and what can be read", async () => {
  const page = await context.newPage();
  await page.goto("/people");
  await page.getByRole("heading", { name: "No network" }).waitFor();
  await page.getByRole("link", { name: "#general" }).click();
  await page.getByTestId("messages").getByText("before the storm").waitFor();
  await page.close();
});

test("on return it is delivered once and in order, and the browser forgets it", async () => {
  await server.restart();
  await ines.isConnected();
  await rosa.isConnected();
  const all = ["before the storm", "one", "two", "three"];
  for (const person of [ines, rosa]) await eventually(() => texts(person), all);
  assert.deepEqual(await pending(), []);
  await eventually(() => ines.keptSends(), 0);
  await ines.page.reload();
  await ines.isConnected();
  assert.deepEqual(await texts(ines), all);
});

test("delivered from a reopened browser it is once and in order too, when the server was never told of the page", async () => {
  await server.crash();
  await ines.isConnected("offline");
  for (const text of ["four", "five"]) await ines.say(text);
  await eventually(() => ines.keptSends(), 2);
  await reopen();
  await server.restart();
  await ines.enter("/rooms/general");
  for (const person of [ines, rosa]) {
    await eventually(async () => (await texts(person)).slice(-2), ["four", "five"]);
    assert.equal((await texts(person)).length, 6);
  }
});

test("two tabs write, one is closed: the other delivers what it left behind, once", async () => {
  const other = await Person.at(context, server, "ines");
  await other.enter("/rooms/general");
  await server.crash();
  await Promise.all([ines.isConnected("offline"), other.isConnected("offline")]);
  await other.say("from the other tab");
  await ines.say("from this tab");
  await eventually(() => ines.keptSends(), 2);
  await other.page.close();
  await server.restart();
  await ines.isConnected();
  const said = async (person) => (await texts(person)).slice(6).sort();
  for (const person of [ines, rosa]) await eventually(() => said(person), ["from the other tab", "from this tab"]);
  await eventually(() => ines.keptSends(), 0);
});

test("signing out asks about what was not sent, and then leaves nothing behind", async () => {
  const left = () => ines.page.evaluate(async () => ({
    caches: (await caches.keys()).filter((name) => !/assets|expiration/.test(name)),
    databases: (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("natter-")),
  }));
  const [database] = (await left()).databases;
  await ines.page.goto("/settings");
  await ines.page.evaluate(async (database) => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const db = await done(indexedDB.open(database));
    const sends = db.transaction("sends", "readwrite").objectStore("sends");
    await done(sends.put({ tab: "gone", order: 1, text: "{}" }, "unsent"));
    db.close();
  }, database);
  await ines.page.getByRole("button", { name: "Sign out" }).click();
  await ines.page.getByRole("alert").filter({ hasText: "1 message was not sent yet" }).waitFor();
  await ines.page.getByRole("button", { name: "Sign out" }).click();
  await ines.page.waitForURL(server.url + "/");
  await eventually(left, { caches: [], databases: [] });
});

test("who signs in next finds nothing of who was there before", async () => {
  await ines.signIn();
  await ines.page.waitForURL("**/rooms/general");
  await ines.isConnected();
  await ines.page.reload();
  await ines.isKept();
  // What a page asks once it is quiet would be refused from now on, and its console would say so.
  await ines.page.waitForLoadState("networkidle");
  // Half a second after the server's last word it asks once more; the browser calls that idle already.
  await ines.page.waitForTimeout(2_000);
  // The session ends without a word to this browser.
  await context.clearCookies();
  const mei = await Person.at(context, server, "mei");
  await mei.register();
  const kept = () => mei.page.evaluate(async () => {
    const cache = await caches.open("natter-rooms");
    const pages = await Promise.all((await cache.keys()).map((key) => cache.match(key)));
    const { user } = document.querySelector(".app").dataset;
    return pages.filter((page) => page.headers.get("natter-viewer") !== user).length;
  });
  await mei.enter("/rooms/general");
  assert.equal(await kept(), 0);
});

test("nobody's console has another error than that nobody answered", async () => {
  const nobodyAnswers = [/ERR_CONNECTION_REFUSED/, /WebSocket connection .* failed/, /ERR_CONNECTION_RESET/, /ERR_FAILED/, /when fetching the script/];
  ines.hasNoComplaints(nobodyAnswers);
  rosa.hasNoComplaints(nobodyAnswers);
});
