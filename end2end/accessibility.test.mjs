// Every page, light and dark, on a desk and on a phone, as axe sees it; and a room as a screen reader has it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { faults } from "./support/axe.mjs";
import { Person, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  await rosa.say("Hello **you**, see `code` and https://example.org\n\n> quoted\n\n- one\n- two");
  await rosa.say("@ines are you there?");
  await ines.say("Yes");
  await rosa.reads("Yes");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const OUTSIDE = ["/", "/login", "/register", "/offline", "/nowhere"];
const INSIDE = ["/rooms", "/rooms/general", "/rooms/general/members", "/rooms/general/1", "/direct/rosa", "/people", "/people/rosa", "/settings",
  "/rooms/general/details", "/settings/people", "/settings/invites", "/settings/reports", "/settings/audit"];
const LOOKS = [
  { colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { colorScheme: "light", viewport: { width: 390, height: 844 } },
];

for (const look of LOOKS) {
  const name = `${look.colorScheme}, ${look.viewport.width} wide`;
  test(`no page has a fault, ${name}`, async () => {
    const guest = await Person.arrive(browser, server, "guest", look);
    const member = await Person.arrive(browser, server, "ines", { ...look, storageState: await ines.context.storageState() });
    for (const [person, paths] of [[guest, OUTSIDE], [member, INSIDE]]) {
      for (const path of paths) {
        await person.page.goto(path);
        if (path === "/rooms/general") await person.isConnected();
        assert.deepEqual(await faults(person.page), [], `${path} (${name})`);
      }
      await person.context.close();
    }
  });
}

test("offline, signed out and failed states have no fault either", async () => {
  const person = await Person.arrive(browser, server, "ines", { storageState: await ines.context.storageState() });
  await person.enter("/rooms/general");
  await person.context.setOffline(true);
  await person.isConnected("offline");
  await person.say("waits");
  await person.page.getByText("Offline. 1 message waits").waitFor();
  assert.deepEqual(await faults(person.page), []);
  await person.page.evaluate(() => (document.querySelector("#update").hidden = false));
  assert.deepEqual(await faults(person.page), []);
  await person.context.close();
});

test("a room reads well without seeing it", async () => {
  const spoken = await ines.page.locator(".composer").ariaSnapshot();
  assert.match(spoken, /textbox "Message"/);
  assert.match(spoken, /button "Send"/);
  const feed = await ines.list.ariaSnapshot();
  assert.match(feed, /feed "Messages in general"/);
  for (const text of ["Rosa", "Hello", "blockquote", "list", "Yes"]) assert.ok(feed.includes(text), `${text} in ${feed}`);
});

test("the theme that was chosen colours what surrounds the page", async () => {
  const colors = () => ines.page.locator("meta[name=theme-color]").evaluateAll((metas) => metas.map(({ content, media }) => [content, media]));
  assert.equal((await colors()).length, 2);
  await ines.page.goto("/settings");
  await ines.page.getByRole("button", { name: "Dark" }).click();
  await ines.page.locator("html[data-theme=dark]").waitFor();
  assert.deepEqual(await colors(), [["#0f1012", ""]]);
});
