// Every page, narrow and wide, light and dark: looked at by a person, checked for what a machine can see.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Person, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

const folder = join(import.meta.dirname, "report");
const widths = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 900 } };
const schemes = ["light", "dark"];

const signedOut = { landing: "/", login: "/login", register: "/register" };
const signedIn = {
  room: "/rooms/general",
  permalink: "/rooms/general/2",
  members: "/rooms/general/members",
  rooms: "/rooms",
  direct: "/direct/rosa",
  people: "/people",
  settings: "/settings",
  missing: "/rooms/nowhere",
};

const talk = [
  ["ines", "Morning. The timetable import is through: **4,212 sailings**, two duplicates, both from the Kalmar feed."],
  ["ines", "I'd drop them at the parser rather than in the database, so a re-run stays clean:\n```rust\nrows.unique_by(|s| (s.route, s.departs)).collect() // first one wins\n```"],
  ["rosa", "Agreed. @ines can you check that `departs` is local time on both sides? See https://example.org/notes for last time."],
  ["ines", "Both UTC since March, the view converts. 今朝の港はこんな感じでした。"],
  ["rosa", "- ship it at ten\n- tell the buses\n- > before they update"],
  ["ines", "Averyveryverylongwordwithoutanyspacesinitthathastobebrokensomewhere".repeat(3)],
];

let server, browser, ines, rosa;

before(async () => {
  mkdirSync(folder, { recursive: true });
  [server, browser] = await Promise.all([Server.start({ limits: "off" }), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  for (const [who, text] of talk) await (who === "ines" ? ines : rosa).say(text);
  await ines.list.locator(`[data-seq="${talk.length}"]`).waitFor();
  await ines.page.goto("/direct/rosa");
  await ines.say("Lunch at the pier?");
  await ines.reads("Lunch at the pier?");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function look(person, name, path, scheme, width) {
  const { page } = person;
  await page.setViewportSize(widths[width]);
  await page.emulateMedia({ colorScheme: scheme });
  await page.goto(path);
  if (await person.page.getByTestId("connection").count()) await person.isConnected();
  await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`) });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0, `${path} at ${widths[width].width} px is wider than the window`);
}

for (const scheme of schemes) {
  for (const width of Object.keys(widths)) {
    test(`pages for visitors, ${width} and ${scheme}`, async () => {
      const visitor = await Person.arrive(browser, server, "visitor");
      for (const [name, path] of Object.entries(signedOut)) await look(visitor, name, path, scheme, width);
      visitor.hasNoComplaints();
      await visitor.context.close();
    });

    test(`pages for people, ${width} and ${scheme}`, async () => {
      for (const [name, path] of Object.entries(signedIn)) await look(ines, name, path, scheme, width);
      ines.hasNoComplaints([/status of 404/]);
    });
  }
}

test("nobody's console has an error", () => rosa.hasNoComplaints());
