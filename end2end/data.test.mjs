// What is kept of a person: a picture that others see, a file to take along, and nothing once the account is erased.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { PASSWORD, Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  await rosa.say("Here I am");
  await ines.reads("Here I am");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const face = (person, text) => person.message(text).locator(".avatar img");

test("a picture is beside what one says, for others without a reload", async () => {
  await rosa.page.goto("/settings");
  await rosa.page.getByLabel("Picture", { exact: true }).setInputFiles("public/icons/any-192.png");
  await rosa.page.getByRole("button", { name: "Set picture" }).click();
  await rosa.page.getByRole("button", { name: "Remove picture" }).waitFor();
  await ines.say("Who is it?");
  await rosa.enter("/rooms/general");
  await rosa.say("And this is me");
  await face(ines, "And this is me").waitFor();
  // It was drawn, and it takes the room that the letter had.
  await eventually(() => face(ines, "And this is me").evaluate((image) => image.complete && image.naturalWidth > 0), true);
  const size = async (person, text) => {
    const { width, height } = await person.message(text).locator(".avatar").boundingBox();
    return [width, height];
  };
  assert.deepEqual(await size(ines, "And this is me"), await size(ines, "Who is it?"));
});

test("the own picture is there before the server answers, and when one scrolls back", async () => {
  await rosa.enter("/rooms/general");
  await ines.say("So that is you");
  await rosa.reads("So that is you");
  await rosa.context.setOffline(true);
  await rosa.isConnected("offline");
  await rosa.say("And this is me");
  const pending = rosa.list.locator("[data-pending] .avatar img");
  await pending.waitFor();
  assert.equal(await pending.getAttribute("src"), await face(rosa, "And this is me").first().getAttribute("src"));
  await rosa.context.setOffline(false);
  await rosa.isConnected();
  await eventually(() => face(ines, "And this is me").count(), 2);
  await eventually(() => rosa.list.locator("[data-pending]").count(), 0);
  assert.equal(await face(rosa, "And this is me").count(), 2);
});

test("where people are to choose from, those who have a picture are shown with it", async () => {
  await ines.page.keyboard.press("Control+k");
  await ines.page.getByRole("combobox", { name: "Go to" }).pressSequentially("ros");
  await ines.page.getByRole("option", { name: /Rosa/ }).locator(".avatar img").waitFor();
  await ines.page.keyboard.press("Escape");
  await ines.composer.pressSequentially("@ro");
  await ines.page.getByRole("option", { name: /Rosa/ }).locator(".avatar img").waitFor();
  await ines.composer.fill("");
  await ines.page.goto("/rooms");
  await ines.page.getByLabel("Name").fill("harbour");
  await ines.page.getByRole("button", { name: "Create" }).click();
  await ines.composer.waitFor();
  await ines.page.goto("/rooms/harbour/members");
  await ines.page.getByRole("combobox", { name: "Username" }).pressSequentially("ro");
  await ines.page.getByRole("option", { name: "Rosa" }).locator(".avatar img").waitFor();
  await ines.enter("/rooms/general");
});

test("what one wrote is in the file to take along", async () => {
  await rosa.page.goto("/settings");
  const [download] = await Promise.all([
    rosa.page.waitForEvent("download"),
    rosa.page.getByRole("link", { name: "Download your data" }).click(),
  ]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
  const bodies = lines.map((line) => line.body ?? line.message?.body).filter(Boolean);
  assert.deepEqual(bodies, ["Here I am", "And this is me", "And this is me"]);
});

test("an erased account leaves no name and no word, and lets nobody in", async () => {
  await rosa.page.goto("/settings");
  await rosa.page.getByText("Erase my account").first().click();
  const form = rosa.page.locator("form[action='/fn/erase_me']");
  await form.getByLabel("Your password").fill(PASSWORD);
  await form.getByRole("button", { name: "Erase my account" }).click();
  await eventually(() => ines.message("Here I am").count(), 0);
  await eventually(() => ines.message("And this is me").count(), 0);
  await rosa.signIn();
  await rosa.page.getByRole("alert").waitFor();
  await ines.enter("/rooms/general");
  assert.equal(await ines.list.getByText("Rosa").count(), 0);
});

test("nobody's page complained", () => {
  ines.hasNoComplaints();
  rosa.hasNoComplaints([/40[0-9]|422|ERR_INTERNET_DISCONNECTED|WebSocket/]);
});
