// What pages go through besides being looked at: put away and taken out again, another network, a session that ends, a
// browser that keeps nothing, a newer version.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";

import { Person, eventually, launch, launchIn } from "./support/browser.mjs";
import { Server, binary, site } from "./support/server.mjs";

const folder = mkdtempSync(join(tmpdir(), "natter-lives-"));
let server, browser, context, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  context = await launchIn(join(folder, "profile"), server);
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

const texts = async (person) => (await person.messages()).map(([, text]) => text);

test("going back finds the page as it was, and what was said meanwhile", async () => {
  await ines.isKept();
  await ines.page.evaluate(() => (globalThis.stillHere = true));
  await ines.page.goto("/people");
  await rosa.say("while you were away");
  await rosa.reads("while you were away");
  // A page that is taken out again is not loaded.
  await ines.page.goBack({ waitUntil: "commit" });
  assert.equal(await ines.page.evaluate(() => globalThis.stillHere), true, "the page was put away, not thrown away");
  await ines.isConnected();
  await ines.reads("while you were away");
  await ines.say("back again");
  await rosa.reads("back again");
});

test("a frozen page catches up when it goes on", async () => {
  const session = await context.newCDPSession(ines.page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await rosa.say("to a frozen page");
  await rosa.reads("to a frozen page");
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await ines.reads("to a frozen page");
  await ines.isConnected();
});

test("when the network goes and comes back, nothing is missing and nothing comes twice", async () => {
  await context.setOffline(true);
  await ines.isConnected("offline");
  await rosa.say("into the void");
  await ines.say("from the tunnel");
  await context.setOffline(false);
  await ines.isConnected();
  for (const person of [ines, rosa]) {
    await eventually(async () => (await texts(person)).slice(-2).sort(), ["from the tunnel", "into the void"]);
    assert.equal(new Set(await texts(person)).size, (await texts(person)).length);
  }
});

test("a session that ends in the middle is said, what was typed stays, and signing in goes on from there", async () => {
  await rosa.composer.fill("half a letter");
  const elsewhere = await browser.newContext({ baseURL: server.url, storageState: await rosa.context.storageState() });
  const page = await elsewhere.newPage();
  await page.goto("/settings");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(server.url + "/");
  await elsewhere.close();
  await rosa.isConnected("signed-out");
  await rosa.page.getByText("You are signed out").waitFor();
  assert.equal(await rosa.composer.inputValue(), "half a letter");
  await rosa.say("a whole letter");
  await rosa.composer.fill("and a postscript");
  await rosa.page.getByText("1 message waits").waitFor();
  await rosa.page.getByRole("link", { name: "Sign in" }).click();
  await rosa.page.getByLabel("Username").fill("rosa");
  await rosa.page.getByLabel("Password").fill("correct horse battery");
  await rosa.page.getByRole("button", { name: "Sign in" }).click();
  await rosa.page.waitForURL("**/rooms/general");
  await rosa.isConnected();
  await ines.reads("a whole letter");
  await rosa.reads("a whole letter");
  assert.equal(await rosa.composer.inputValue(), "and a postscript");
});

test("a browser without room left says that it keeps nothing, and everything else goes on", async () => {
  const tight = await Person.arrive(browser, server, "tight");
  const session = await tight.context.newCDPSession(tight.page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 1 });
  await tight.register();
  await tight.enter("/rooms/general");
  await tight.composer.fill("x".repeat(4000));
  await tight.page.getByText("This browser keeps nothing").waitFor();
  await tight.composer.fill("");
  await tight.say("all the same");
  await rosa.reads("all the same");
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.url });
  await tight.composer.fill("room again");
  await eventually(() => tight.page.getByText("This browser keeps nothing").count(), 0);
  await tight.context.close();
});

test("a browser that has no database at all is good enough to talk in", async () => {
  const guest = await Person.arrive(browser, server, "guest");
  await guest.context.addInitScript(() => {
    Object.defineProperty(globalThis, "indexedDB", { value: { open() { throw new DOMException("no", "SecurityError"); } } });
  });
  await guest.register();
  await guest.enter("/rooms/general");
  await guest.composer.fill("from nowhere");
  await guest.page.getByText("This browser keeps nothing").waitFor();
  await guest.composer.press("Enter");
  await rosa.reads("from nowhere");
  guest.hasNoComplaints();
  await guest.context.close();
});

// The same build under other names: whatever is not precise about versions asks for a file that is not there.
function nextVersion() {
  const [bin, next] = [join(folder, "bin"), join(folder, "site")];
  mkdirSync(bin);
  cpSync(binary, join(bin, "natter"));
  cpSync(site, next, { recursive: true });
  const files = readdirSync(join(next, "pkg")).filter((name) => !/\.(br|gz)$/.test(name));
  const hashes = files.map((name) => /\.([\w-]{22})\.\w+$/.exec(name)?.[1]).filter(Boolean);
  const renamed = (text) => hashes.reduce((text, hash) => text.replaceAll(hash, [...hash].reverse().join("")), text);
  for (const name of readdirSync(join(next, "pkg"))) {
    const path = join(next, "pkg", name);
    if (/\.(br|gz)$/.test(name)) rmSync(path);
    else {
      // Names are as long as before, so they may be exchanged in compiled code too.
      writeFileSync(path, renamed(readFileSync(path, "latin1")), "latin1");
      renameSync(path, join(next, "pkg", renamed(name)));
    }
  }
  writeFileSync(join(bin, "hash.txt"), renamed(readFileSync(join(dirname(binary), "hash.txt"), "utf8")));
  execFileSync(process.execPath, [resolve(import.meta.dirname, "site/finish.mjs"), next, join(bin, "hash.txt")], { stdio: "ignore" });
  return { binary: join(bin, "natter"), site: next };
}

test("a newer version is announced and applied without mixing, and an older page keeps its own files", async () => {
  const script = (page) => page.evaluate(() => /natter\.[\w-]+\.js/.exec(document.querySelector("body > script[type=module]").textContent)[0]);
  const chunk = () => readdirSync(join(site, "pkg")).find((name) => /^split_.*\.wasm$/.test(name));
  await ines.enter("/rooms/general");
  const old = await Person.at(context, server, "ines");
  await old.enter("/rooms/general");
  const before = await script(old.page);

  const next = nextVersion();
  await server.crash();
  server.become(next);
  await server.restart();
  for (const person of [ines, old]) await person.isConnected();
  assert.equal((await fetch(`${server.url}/pkg/${chunk()}`)).status, 404, "the server has only the newer files");
  await ines.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await ines.page.getByTestId("update").getByText("A new version").waitFor();
  await old.page.getByTestId("update").getByText("A new version").waitFor();
  const status = (page) => page.evaluate(async (path) => (await fetch(path)).status, `/pkg/${chunk()}`);
  assert.equal(await status(old.page), 200, "an older page has its files");

  // A page that is opened now is of the newer version, beside older ones.
  const fresh = await Person.at(context, server, "ines");
  await fresh.enter("/rooms/general");
  assert.notEqual(await script(fresh.page), before);
  await fresh.say("from the newer version");
  await old.reads("from the newer version");

  await ines.page.getByTestId("update").getByRole("button", { name: "Reload" }).click();
  await eventually(() => script(ines.page).catch(() => before), await script(fresh.page));
  await ines.isConnected();
  assert.equal(await script(old.page), before, "nobody else was reloaded");
  assert.equal(await status(old.page), 200, "and the older page still has its files");
  await old.say("from the older version");
  await ines.reads("from the older version");
  for (const person of [old, fresh]) person.hasNoComplaints([/ERR_CONNECTION_REFUSED/, /WebSocket connection .* failed/]);
});

test("nobody's console has another error than that nobody answered", async () => {
  const nobodyAnswers = [/ERR_CONNECTION_REFUSED/, /WebSocket connection .* failed/, /ERR_INTERNET_DISCONNECTED/, /ERR_CONNECTION_RESET/, /when fetching the script/];
  ines.hasNoComplaints(nobodyAnswers);
  rosa.hasNoComplaints([...nobodyAnswers, /status of 401/]);
});
