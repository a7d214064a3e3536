// Programs post, are told and answer; and what people type after a slash is done.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, program, ines, rosa;

// A program elsewhere: it keeps what it is told and answers what it is set to.
class Program {
  told = [];
  answer = "";

  static async start() {
    const program = new Program();
    program.http = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      program.told.push(JSON.parse(body));
      response.end(program.answer);
    }).listen(0, "127.0.0.1");
    await once(program.http, "listening");
    program.address = `127.0.0.1:${program.http.address().port}`;
    return program;
  }
}

before(async () => {
  program = await Program.start();
  [server, browser] = await Promise.all([Server.start({ settings: { NATTER_OUTSIDE: program.address } }), launch()]);
  // Who comes first owns the place.
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
  program?.http.close();
});

const offers = (person) => person.page.getByRole("listbox", { name: "Commands" });
const told = (person) => person.page.locator(".told");

test("whoever runs the workspace makes an address, and what a program posts there everyone reads", async () => {
  await ines.page.goto("/settings");
  await ines.page.getByRole("link", { name: "Webhooks and bots" }).click();
  await ines.page.getByLabel("Webhook name").fill("Deploys");
  await ines.page.getByLabel("Posts in channel").fill("general");
  await ines.page.getByRole("button", { name: "Create incoming webhook" }).click();
  const address = await ines.page.locator(".secret").innerText();
  assert.match(address, /\/hooks\/[\w-]{43}$/);
  await ines.page.getByRole("link", { name: "Done" }).click();
  await ines.page.getByText("Posts in #general").waitFor();
  await ines.enter("/rooms/general");
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ payload: JSON.stringify({ text: "*Seven* is out" }) }) });
  assert.equal(await answer.text(), "ok");
  await Promise.all([ines.reads("Seven is out"), rosa.reads("Seven is out")]);
});

test("who does not run the workspace finds no way to programs", async () => {
  await rosa.page.goto("/settings");
  assert.equal(await rosa.page.getByRole("heading", { name: "Webhooks and bots" }).count(), 0);
  const answer = await rosa.page.goto("/settings/programs");
  assert.equal(answer.status(), 403);
  await rosa.enter("/rooms/general");
});

test("a program elsewhere is told what is written", async () => {
  await ines.page.goto("/settings/programs");
  await ines.page.getByLabel("Name", { exact: true }).fill("Archive");
  await ines.page.getByLabel("Address", { exact: true }).fill(`http://${program.address}/told`);
  await ines.page.getByRole("button", { name: "Create outgoing webhook" }).click();
  await ines.page.getByRole("heading", { name: "The signing secret" }).waitFor();
  await rosa.say("For the archive");
  await eventually(() => program.told.some((told) => told.message?.body === "For the archive"), true);
  await ines.enter("/rooms/general");
});

test("commands are offered while one types, and taken with the keyboard", async () => {
  await rosa.composer.pressSequentially("/");
  await offers(rosa).waitFor();
  await rosa.composer.pressSequentially("m");
  await eventually(() => offers(rosa).getByRole("option").allInnerTexts().then((all) => all.length), 1);
  await rosa.composer.press("Tab");
  assert.equal(await rosa.composer.inputValue(), "/me ");
  await rosa.composer.pressSequentially("waves");
  await rosa.composer.press("Enter");
  await Promise.all([ines.reads("waves"), rosa.reads("waves")]);
  await eventually(() => rosa.composer.inputValue(), "");
});

test("what is no command is said to the one who typed it, and nothing of it is lost", async () => {
  await rosa.say("/nonsense and more");
  await rosa.page.getByText("There is no command /nonsense").waitFor();
  assert.equal(await rosa.composer.inputValue(), "/nonsense and more");
  assert.equal(await ines.page.getByText("nonsense").count(), 0);
  await rosa.say("//nonsense is what I typed");
  await Promise.all([ines.reads("/nonsense is what I typed"), rosa.reads("/nonsense is what I typed")]);
});

test("help is for the one who asks, and a channel is joined by its name", async () => {
  await rosa.say("/help");
  await told(rosa).getByText("/join #room").waitFor();
  assert.equal(await told(ines).count(), 0);
  const headers = { "content-type": "application/json" };
  await ines.page.evaluate((headers) => fetch("/api/rooms", { method: "POST", headers, body: JSON.stringify({ name: "quay" }) }), headers);
  await rosa.say("/join #quay");
  await rosa.page.waitForURL("**/rooms/quay");
  await rosa.isConnected();
  await rosa.composer.waitFor();
});

test("nothing complained", () => {
  // A command that is refused is an answer like any other; browsers note it all the same.
  ines.hasNoComplaints();
  rosa.hasNoComplaints([/422/, /403/]);
});
