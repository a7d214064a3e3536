// A real browser, and people in it. Each person has a browser context of their own, and whatever their pages
// complain about is kept: a journey ends by asking that there is nothing.

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
];

// `options` are those of Playwright's `launch`.
export const launch = (options = {}) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags, ...options });

export const PASSWORD = "correct horse battery";

export class Person {
  complaints = [];

  // Somebody at a browser who has not signed in. `options` are those of a Playwright context.
  static async arrive(browser, server, username, options = {}) {
    const person = new Person();
    person.server = server;
    person.username = username;
    person.name = username[0].toUpperCase() + username.slice(1);
    person.context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 }, ...options });
    person.page = await person.context.newPage();
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

  async isConnected(state = "online") {
    await this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor({ state: "attached" });
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
