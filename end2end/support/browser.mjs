// A real browser, and people in it. Each person has a browser context of their own, and whatever their pages
// complain about is kept: a journey ends by asking that there is nothing.

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

// `options` are those of Playwright's `launch`.
export const launch = (options = {}) => chromium.launch({ executablePath, args: flags, ...options });

// A browser that keeps what it has in a folder, and pages for going back to, as people's browsers do.
export const launchIn = (folder, server) =>
  chromium.launchPersistentContext(folder, {
    executablePath,
    args: flags,
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
    baseURL: server.url,
    viewport: { width: 1280, height: 800 },
  });

export const PASSWORD = "correct horse battery";

export class Person {
  complaints = [];

  // Somebody at a browser who has not signed in. `options` are those of a Playwright context.
  static async arrive(browser, server, username, options = {}) {
    const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 }, ...options });
    return Person.at(context, server, username);
  }

  // Somebody at a new page of a browser context.
  static async at(context, server, username) {
    const person = new Person();
    person.server = server;
    person.username = username;
    person.name = username[0].toUpperCase() + username.slice(1);
    person.context = context;
    person.page = await context.newPage();
    person.#listen(person.page);
    return person;
  }

  // The same, with an account, in #general.
  static async join(browser, server, username, options) {
    const person = await Person.arrive(browser, server, username, options);
    await person.register();
    await person.enter("/rooms/general");
    return person;
  }

  async register() {
    await this.page.goto("/register");
    await this.page.getByLabel("Username").fill(this.username);
    await this.page.getByLabel("Display name").fill(this.name);
    await this.page.getByLabel("Password").fill(PASSWORD);
    await this.page.getByRole("button", { name: "Create account" }).click();
    await this.composer.waitFor();
  }

  async signIn(password = PASSWORD) {
    await this.page.goto("/login");
    await this.page.getByLabel("Username").fill(this.username);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  // Opens a room and waits until it is live.
  async enter(path) {
    await this.page.goto(path);
    await this.isConnected();
  }

  // Closes the page. Chromium may never answer to a page that is closed while another address is being loaded in it.
  async leave() {
    await this.page.waitForLoadState("networkidle");
    await this.page.close();
  }

  async isConnected(state = "online") {
    await this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ state: "attached" });
  }

  // Waits until the service worker has everything that the page needs without a network, its own room too.
  async isKept() {
    await this.page.evaluate(() => navigator.serviceWorker.ready);
    const path = new URL(this.page.url()).pathname;
    await eventually(() => this.page.evaluate(async (path) => Boolean(await (await caches.open("natter-rooms")).match(path)), path), true);
  }

  // Waits until everything that was typed and sent is in the database; gives how many sends wait there.
  async keptSends() {
    return this.page.evaluate(async () => {
      const { user } = document.querySelector(".app").dataset;
      const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const db = await done(indexedDB.open(`natter-${user}`));
      const count = await done(db.transaction("sends").objectStore("sends").count());
      db.close();
      return count;
    });
  }

  get list() {
    return this.page.getByTestId("messages");
  }

  get composer() {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  // The stored message with exactly this text.
  message(text) {
    return this.list.locator("[data-seq]:not([data-pending])").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  async reads(text) {
    await this.message(text).waitFor();
  }

  // The bar of the message that is pointed at.
  tools(text) {
    return this.message(text).getByRole("toolbar");
  }

  // Everything that can be done to a message, by its names.
  async actions(text) {
    await this.message(text).locator(".body").hover();
    await this.tools(text).getByRole("button", { name: "More actions" }).click();
    return this.page.getByRole("dialog", { name: "Actions for this message" });
  }

  // Points at a message and presses one of its buttons.
  async press(text, name) {
    const inBar = /^(React with|Add a reaction|Reply in a thread|Quote|Edit)/.test(name);
    if (inBar) await this.message(text).locator(".body").hover();
    const place = inBar ? this.tools(text) : await this.actions(text);
    await place.getByRole("button", { name, exact: true }).click();
  }

  // What the list shows: the numbers and texts of the stored messages.
  async messages() {
    const rows = this.list.locator("[data-seq]:not([data-pending])");
    return rows.evaluateAll((rows) =>
      rows.map((row) => [Number(row.dataset.seq), row.querySelector(".body").textContent.trim()]));
  }

  // A room in the list of rooms, by its name.
  room(name) {
    const list = this.page.getByRole("navigation", { name: "Rooms" });
    return list.locator("a.room").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  // Asks that no page complained, but for what `expected` explains.
  hasNoComplaints(expected = []) {
    const left = this.complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
    assert.deepEqual(left, [], `${this.name}'s console`);
  }

  #listen(page) {
    page.on("console", (entry) => {
      if (entry.type() === "error") this.complaints.push(entry.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
  }
}

// Waits until `look` gives what is expected; then, or at the end of its patience, compares for good.
export async function eventually(look, expected) {
  const deadline = Date.now() + 15_000;
  const same = (found) => {
    try {
      assert.deepEqual(found, expected);
      return true;
    } catch {
      return false;
    }
  };
  let found = await look();
  while (!same(found) && Date.now() < deadline) {
    await new Promise((go) => setTimeout(go, 25));
    found = await look();
  }
  assert.deepEqual(found, expected);
}
