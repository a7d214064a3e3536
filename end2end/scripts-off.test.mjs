// Everything that a person needs works without a line of script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD, Person, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.arrive(browser, server, "ines", { javaScriptEnabled: false });
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("an account is made, and what is wrong with the form is said beside it", async () => {
  await ines.page.goto("/register");
  await ines.page.getByLabel("Username").fill("ines");
  await ines.page.getByLabel("Display name").fill("Ines");
  await ines.page.getByLabel("Password").fill("short");
  // Without scripts the browser's own check still stands in front of the server's.
  await ines.page.locator("form").evaluateAll((forms) => forms.forEach((form) => (form.noValidate = true)));
  await ines.page.getByRole("button", { name: "Create account" }).click();
  await ines.page.getByText(/8 characters/).first().waitFor();
  assert.equal(await ines.page.getByLabel("Username").inputValue(), "ines", "nothing typed is lost");
  await ines.register();
});

test("a taken name is refused", async () => {
  const twin = await Person.arrive(browser, server, "ines", { javaScriptEnabled: false });
  await twin.page.goto("/register");
  await twin.page.getByLabel("Username").fill("ines");
  await twin.page.getByLabel("Password").fill(PASSWORD);
  await twin.page.getByRole("button", { name: "Create account" }).click();
  await twin.page.getByText(/taken/i).first().waitFor();
  await twin.context.close();
});

test("one posts, the other reads it live, and a reload shows the answer", async () => {
  await ines.page.goto("/rooms/general");
  await ines.composer.fill("Without scripts");
  await ines.page.getByRole("button", { name: "Send" }).click();
  await ines.reads("Without scripts");
  await rosa.reads("Without scripts");
  await rosa.say("I see it");
  await rosa.reads("I see it");
  await ines.page.reload();
  await ines.reads("I see it");
});

test("sending the same form twice posts once", async () => {
  await ines.composer.fill("Only once");
  await ines.page.getByRole("button", { name: "Send" }).click();
  await ines.reads("Only once");
  await ines.page.reload();
  assert.equal(await ines.message("Only once").count(), 1);
});

test("a message is answered, changed and deleted on the page of its thread", async () => {
  await ines.message("Only once").getByRole("link", { name: "Reply or change" }).click();
  const thread = ines.page.getByRole("complementary", { name: "Thread" });
  await thread.getByRole("textbox", { name: "Reply" }).fill("In a thread");
  await thread.getByRole("button", { name: "Reply" }).click();
  await thread.getByText("In a thread", { exact: true }).waitFor();
  await thread.locator("summary").click();
  await thread.getByRole("textbox", { name: "New text" }).fill("Only once, really");
  await thread.getByRole("button", { name: "Save" }).click();
  await thread.locator(".body").getByText("Only once, really", { exact: true }).waitFor();
  await rosa.page.reload();
  await rosa.reads("Only once, really");
  await rosa.message("Only once, really").getByRole("link", { name: "1 reply" }).waitFor();
  await thread.locator("summary").click();
  await thread.getByRole("button", { name: "Delete" }).click();
  await thread.getByText("This message was deleted.").waitFor();
  await thread.getByRole("link", { name: "Close the thread" }).click();
  await rosa.page.reload();
  await rosa.reads("This message was deleted.");
});

test("one signs out and in again, and a wrong password is said", async () => {
  await ines.page.goto("/settings");
  await ines.page.getByRole("button", { name: "Sign out" }).click();
  await ines.page.goto("/rooms/general");
  await ines.page.waitForURL(/\/login/);
  await ines.signIn("a wrong password");
  await ines.page.getByText(/wrong username or password/i).waitFor();
  assert.equal(await ines.page.getByLabel("Username").inputValue(), "ines", "nothing typed is lost");
  await ines.signIn();
  await ines.composer.waitFor();
});

test("nobody's console has an error", () => {
  // A browser calls every refusal an error; it is the answer that was asked for.
  ines.hasNoComplaints([/status of (401|422)/]);
  rosa.hasNoComplaints();
});
