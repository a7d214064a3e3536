// People and rooms: an invitation, a guest, names, slow mode, the archive, kicks and bans, reports, settings. What one
// does the other sees without a reload, and the forms work without scripts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  // Who comes first owns the place.
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  await ines.page.goto("/rooms");
  await ines.page.getByLabel("Name", { exact: true }).fill("Kitchen");
  await ines.page.getByRole("button", { name: "Create channel" }).click();
  await ines.composer.waitFor();
  await rosa.page.goto("/rooms");
  await rosa.page.getByRole("button", { name: "Join Kitchen" }).click();
  await both("/rooms/kitchen");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const both = (path) => Promise.all([ines.enter(path), rosa.enter(path)]);
const button = (person, name, exact = true) => person.page.getByRole("button", { name, exact });
const title = (person) => person.page.locator(".bar > .title");
// A page of a second tab, so that the first stays where it is.
const elsewhere = async (person, path) => {
  const other = await Person.at(person.context, server, person.username);
  await other.page.goto(path);
  return other;
};
const details = (person) => elsewhere(person, "/rooms/kitchen/details");

test("an invitation brings a guest into its room and nowhere else", async () => {
  await ines.page.goto("/settings/invites");
  await ines.page.getByLabel("They become").selectOption("guest");
  await ines.page.getByLabel("#Kitchen").check();
  await button(ines, "Make invitation").click();
  const link = await ines.page.getByLabel("Link of the invitation").inputValue();
  const gil = await Person.arrive(browser, server, "gil");
  await gil.page.goto(link);
  await gil.page.getByText("Ines invites you to #Kitchen.").waitFor();
  await gil.page.getByLabel("Username").fill("gil");
  await gil.page.getByLabel("Password").fill(PASSWORD);
  await button(gil, "Create account").click();
  await gil.enter("/rooms/kitchen");
  await gil.say("Hello from outside");
  await gil.reads("Hello from outside");
  assert.equal(await gil.room("general").count(), 0);
  const answer = await gil.page.goto("/rooms/general");
  assert.equal(answer.status(), 404);
  await gil.page.goto("/rooms");
  assert.equal(await button(gil, "Create channel").count(), 0);
  gil.hasNoComplaints([/404/]);
  await gil.leave();
});

test("another name and topic are there at once, at the same address", async () => {
  await both("/rooms/kitchen");
  const about = await details(ines);
  await about.page.getByLabel("Name", { exact: true }).fill("Kitchen garden");
  await button(about, "Save settings").click();
  await about.page.getByText("Edit topic and description").click();
  await about.page.getByLabel("Topic").fill("What grows, and what we make of it");
  await button(about, "Save").click();
  await about.leave();
  for (const person of [ines, rosa]) {
    await title(person).getByText("Kitchen garden").waitFor();
    await person.room("Kitchen garden").waitFor();
    await person.page.getByText("What grows, and what we make of it").waitFor();
  }
  assert.equal(new URL(rosa.page.url()).pathname, "/rooms/kitchen");
});

test("slow mode refuses the second message and keeps what was written", async () => {
  await both("/rooms/kitchen");
  const about = await details(ines);
  await about.page.getByLabel("Slow mode").selectOption("3600");
  await button(about, "Save settings").click();
  await rosa.say("one");
  await ines.reads("one");
  await rosa.say("two");
  const refused = rosa.list.locator("[data-pending]").filter({ hasText: "two" });
  await refused.getByText(/slow mode/i).waitFor();
  await ines.say("those who keep order do not wait");
  await rosa.reads("those who keep order do not wait");
  await about.page.getByLabel("Slow mode").selectOption("0");
  await button(about, "Save settings").click();
  await about.page.getByText("Slow mode", { exact: true }).first().waitFor();
  await about.leave();
  await refused.getByRole("button", { name: /again/i }).click();
  await ines.reads("two");
});

test("an archived channel is read only, and comes back", async () => {
  await both("/rooms/kitchen");
  const about = await details(ines);
  await button(about, "Archive channel").click();
  await button(about, "Unarchive channel").waitFor();
  await rosa.page.getByText("This channel is archived.").waitFor();
  await rosa.composer.waitFor({ state: "hidden" });
  await rosa.page.goto("/rooms");
  await rosa.page.getByRole("heading", { name: "Archived" }).waitFor();
  await rosa.enter("/rooms/kitchen");
  await button(about, "Unarchive channel").click();
  await rosa.composer.waitFor();
  await about.leave();
  await rosa.say("back again");
  await ines.reads("back again");
});

test("who is removed is shown the way back, and who is banned is not", async () => {
  await both("/rooms/kitchen");
  const members = await elsewhere(ines, "/rooms/kitchen/members");
  const row = members.page.getByRole("listitem").filter({ hasText: "@rosa" });
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Remove from channel" }).click();
  await rosa.page.getByText("You are no longer in this channel.").waitFor();
  await button(rosa, "Join again").click();
  await rosa.page.getByText("You are no longer in this channel.").waitFor({ state: "hidden" });
  await rosa.isConnected();
  await members.page.goto("/rooms/kitchen/members");
  await row.locator("summary").click();
  await row.getByLabel("Reason").fill("noise");
  await row.getByRole("button", { name: "Ban from channel" }).click();
  await button(rosa, "Join again").click();
  await rosa.page.getByText("You were banned from this room.").waitFor();
  assert.equal((await rosa.page.goto("/rooms/kitchen")).status(), 403);
  await members.page.goto("/rooms/kitchen/details");
  await members.page.getByText("noise").waitFor();
  await button(members, "Lift ban of Rosa").click();
  await members.leave();
  await rosa.page.goto("/rooms/kitchen");
  await button(rosa, "Join channel").click();
  await rosa.composer.waitFor();
});

test("a report waits for a moderator, and all of it is written down", async () => {
  await both("/rooms/kitchen");
  await ines.say("as it was");
  await rosa.press("as it was", "Report to moderators");
  await rosa.page.getByLabel("What is wrong with it?").fill("rude");
  await button(rosa, "Report").click();
  await rosa.page.getByText("Thank you.").waitFor();
  await ines.page.goto("/settings/reports");
  const report = ines.page.getByRole("article").filter({ hasText: "as it was" });
  await report.getByText("rude").waitFor();
  await report.getByLabel("What was decided").fill("talked about it");
  await report.getByRole("button", { name: "Resolve" }).click();
  await ines.page.getByText("Nothing waits").waitFor();
  await ines.page.goto("/settings/audit");
  for (const words of ["resolved a report", "banned", "archived", "made an invitation"]) {
    await ines.page.getByText(words).first().waitFor();
  }
});

test("settings hold the profile, and another password signs out the other browser", async () => {
  const away = await Person.arrive(browser, server, "rosa");
  await away.signIn();
  await away.enter("/rooms/general");
  await rosa.page.goto("/settings");
  await rosa.page.getByLabel("Title").fill("Gardener");
  await button(rosa, "Save profile").click();
  await rosa.page.getByText("Your profile is saved.").waitFor();
  await rosa.page.getByLabel("Current password").fill(PASSWORD);
  await rosa.page.getByLabel("New password").fill("another battery");
  await button(rosa, "Change password").click();
  await rosa.page.getByText("Your password is changed.").waitFor();
  await away.isConnected("signed-out");
  await away.context.close();
  await ines.page.goto("/people/rosa");
  await ines.page.getByText("Gardener").waitFor();
});

test("a role gives the pages that go with it, and a closed account is out", async () => {
  const mei = await Person.join(browser, server, "mei");
  await ines.page.goto("/settings/people");
  await ines.page.getByLabel("Role of Mei").selectOption("moderator");
  await button(ines, "Set the role of Mei").click();
  await eventually(() => ines.page.getByLabel("Role of Mei").inputValue(), "moderator");
  await mei.page.goto("/settings/reports");
  await mei.page.getByText("Nothing waits").waitFor();
  assert.equal((await mei.page.goto("/settings/audit")).status(), 403);
  await mei.enter("/rooms/general");
  await button(ines, "Deactivate Mei").click();
  await mei.isConnected("signed-out");
  await button(ines, "Reactivate Mei").click();
  await button(ines, "Deactivate Mei").waitFor();
  await mei.signIn();
  await mei.composer.waitFor();
  mei.hasNoComplaints([/40[134]/, /WebSocket/]);
  await mei.context.close();
});

test("all of it works without scripts", async () => {
  const bare = await Person.arrive(browser, server, "ines", { javaScriptEnabled: false });
  await bare.signIn();
  await bare.page.goto("/rooms/kitchen/details");
  await button(bare, "Archive channel").click();
  await bare.page.goto("/rooms/kitchen");
  await bare.page.getByText("This channel is archived.").waitFor();
  await bare.page.goto("/rooms/kitchen/details");
  await button(bare, "Unarchive channel").click();
  await bare.page.goto("/settings/people");
  await bare.page.getByLabel("Role of Rosa").selectOption("admin");
  await button(bare, "Set the role of Rosa").click();
  await eventually(() => bare.page.getByLabel("Role of Rosa").inputValue(), "admin");
  await bare.page.goto("/rooms/kitchen/members");
  const row = bare.page.getByRole("listitem").filter({ hasText: "@gil" });
  await row.locator("summary").click();
  await row.getByRole("button", { name: "Remove from channel" }).click();
  await eventually(() => bare.page.getByText("@gil").count(), 0);
  bare.hasNoComplaints();
  await bare.context.close();
});
