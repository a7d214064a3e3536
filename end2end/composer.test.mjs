// What helps while one writes: emoji from the picker, and names that are completed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { faults } from "./support/axe.mjs";
import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
  await ines.page.goto("/rooms");
  await ines.page.getByLabel("Name").fill("Harbour");
  await ines.page.getByRole("button", { name: "Create" }).click();
  await ines.page.waitForURL("**/rooms/harbour");
  await ines.enter("/rooms/general");
  await ines.say("The tide turns at six");
  await Promise.all([ines, rosa].map((person) => person.reads("The tide turns at six")));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const reply = (person) => person.page.getByRole("textbox", { name: "Reply" });
const smile = (person, place = ".composer:not(.reply)") => person.page.locator(place).getByRole("button", { name: "Emoji" });
const search = (person) => person.page.getByRole("searchbox", { name: "Search emoji" });
const hasFocus = (field) => field.evaluate((field) => field === document.activeElement);
const offers = (person, name) => person.page.getByRole("listbox", { name });
const chosen = (person, name) => offers(person, name).getByRole("option", { selected: true });
// Puts the caret behind so many characters.
const putCaret = (field, at) => field.evaluate((field, at) => field.setSelectionRange(at, at), at);

test("an emoji is put where the caret is, by the mouse, and one writes on from there", async () => {
  await ines.composer.fill("Fine  today");
  await putCaret(ines.composer, 5);
  await smile(ines).click();
  await ines.page.getByRole("dialog", { name: "Emoji" }).getByRole("button", { name: "grinning face", exact: true }).click();
  await eventually(() => ines.composer.inputValue(), "Fine 😀 today");
  assert.ok(await hasFocus(ines.composer));
  await ines.page.keyboard.type("!");
  assert.equal(await ines.composer.inputValue(), "Fine 😀! today");
  await ines.page.getByRole("dialog").waitFor({ state: "detached" });
});

test("the draft has it, and Control Z takes it back", async () => {
  await ines.page.reload();
  await ines.isConnected();
  await eventually(() => ines.composer.inputValue(), "Fine 😀! today");
  await ines.composer.fill("");
  await ines.composer.pressSequentially("On");
  await smile(ines).click();
  await search(ines).fill("rocket");
  await search(ines).press("Enter");
  await eventually(() => ines.composer.inputValue(), "On🚀");
  await ines.composer.press("Control+z");
  await eventually(() => ines.composer.inputValue(), "On");
  await ines.composer.fill("");
});

test("with the keyboard alone it is opened, left with Escape, and the focus is where one wrote", async () => {
  await ines.composer.fill("Almost");
  await putCaret(ines.composer, 2);
  await ines.composer.press("Tab");
  assert.ok(await hasFocus(smile(ines)));
  await ines.page.keyboard.press("Enter");
  await search(ines).waitFor();
  assert.ok(await hasFocus(search(ines)));
  await ines.page.keyboard.press("Escape");
  await search(ines).waitFor({ state: "hidden" });
  assert.ok(await hasFocus(ines.composer));
  await ines.page.keyboard.type("-");
  assert.equal(await ines.composer.inputValue(), "Al-most");
  await ines.composer.fill("");
});

test("a thread's own field has it too, and nobody else's is touched", async () => {
  await rosa.press("The tide turns at six", "Reply in a thread");
  await reply(rosa).fill("Seen");
  await smile(rosa, ".reply").click();
  await search(rosa).fill("wave");
  await search(rosa).press("ArrowDown");
  const picked = await rosa.page.evaluate(() => document.activeElement.textContent);
  await rosa.page.keyboard.press("Enter");
  await eventually(() => reply(rosa).inputValue(), `Seen${picked}`);
  assert.equal(await rosa.composer.inputValue(), "");
  await reply(rosa).press("Enter");
  await ines.reads(`Seen${picked}`);
});

test("nothing of the picker comes before somebody asks for it, and without scripts there is no button", async () => {
  const asked = [];
  const fresh = await Person.at(ines.context, server, "ines");
  fresh.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await fresh.enter("/rooms/general");
  await fresh.page.waitForLoadState("networkidle");
  assert.deepEqual(asked.filter((path) => /emoji\.txt|suggest/.test(path) && path !== "/sw.js"), []);
  await fresh.leave();
  const bare = await Person.arrive(browser, server, "ines", { javaScriptEnabled: false });
  await bare.signIn();
  await bare.composer.waitFor();
  assert.equal(await bare.page.getByRole("button", { name: "Emoji" }).count(), 0);
  await bare.context.close();
});

test("on a phone all that is beside the field is large enough for a finger", async () => {
  const phone = await Person.arrive(browser, server, "theo", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await phone.register();
  await phone.enter("/rooms/general");
  for (const name of ["Emoji", "Send"]) {
    const { width, height } = await phone.page.getByRole("button", { name }).boundingBox();
    assert.ok(width >= 44 && height >= 44, `${name}: ${width} × ${height}`);
  }
  const text = await phone.composer.boundingBox();
  assert.ok(text.width > 150, `what is written has ${text.width} px`);
  await smile(phone).tap();
  await phone.page.getByRole("dialog", { name: "Emoji" }).getByRole("button", { name: "grinning face", exact: true }).tap();
  await eventually(() => phone.composer.inputValue(), "😀");
  phone.hasNoComplaints();
  await phone.context.close();
});

test("a person is named by a few letters, and called", async () => {
  await ines.composer.pressSequentially("Ask @ro");
  await chosen(ines, "People").getByText("@rosa").waitFor();
  assert.equal(await ines.composer.getAttribute("aria-activedescendant"), await chosen(ines, "People").getAttribute("id"));
  await ines.composer.press("Enter");
  assert.equal(await ines.composer.inputValue(), "Ask @rosa ");
  await offers(ines, "People").waitFor({ state: "detached" });
  await ines.page.keyboard.type("about it");
  await ines.composer.press("Enter");
  await rosa.reads("Ask @Rosa about it");
});

test("everyone is called by a choice of the arrows, and Escape leaves what was typed", async () => {
  await rosa.composer.pressSequentially("@");
  await offers(rosa, "People").getByText("Everyone who is here now").waitFor();
  await offers(rosa, "People").getByText("@ines").waitFor();
  await rosa.composer.press("ArrowUp");
  assert.match(await chosen(rosa, "People").innerText(), /@room/);
  await rosa.composer.press("Escape");
  await offers(rosa, "People").waitFor({ state: "detached" });
  assert.equal(await rosa.composer.inputValue(), "@");
  assert.ok(await hasFocus(rosa.composer));
  await rosa.composer.fill("");
});

test("a name that is whole is sent as it stands", async () => {
  await rosa.composer.pressSequentially("Over to @ines");
  await offers(rosa, "People").getByText("@ines").waitFor();
  assert.equal(await chosen(rosa, "People").count(), 0);
  await rosa.composer.press("Enter");
  await ines.reads("Over to @Ines");
  await offers(rosa, "People").waitFor({ state: "detached" });
});

test("rooms and emoji are completed as well, by a click and in the middle of a text", async () => {
  await ines.composer.fill("See  there");
  await putCaret(ines.composer, 4);
  await ines.page.keyboard.type("#har");
  await offers(ines, "Rooms").getByRole("option", { name: "#Harbour" }).click();
  await eventually(() => ines.composer.inputValue(), "See #harbour  there");
  assert.ok(await hasFocus(ines.composer));
  await ines.page.keyboard.type(":rocke");
  await chosen(ines, "Emoji").getByText("🚀").waitFor();
  await ines.page.keyboard.press("Tab");
  await eventually(() => ines.composer.inputValue(), "See #harbour 🚀  there");
  await ines.composer.fill("");
});

test("in a thread Enter takes what is offered and does not send, and times and addresses call nothing up", async () => {
  await reply(rosa).pressSequentially("Thank you @in");
  await chosen(rosa, "People").getByText("@ines").waitFor();
  await reply(rosa).press("Enter");
  assert.equal(await reply(rosa).inputValue(), "Thank you @ines ");
  await reply(rosa).fill("");
  await reply(rosa).pressSequentially("at 10:30am, mail me@example.org, # 5: x :) C#");
  assert.equal(await rosa.page.getByRole("listbox").count(), 0);
  await reply(rosa).fill("");
});

test("a reply that was begun is there when its thread is opened again", async () => {
  await reply(rosa).fill("I was about to say");
  await rosa.page.getByRole("link", { name: "Close the thread" }).click();
  await reply(rosa).waitFor({ state: "detached" });
  await rosa.press("The tide turns at six", "Reply in a thread");
  await reply(rosa).waitFor();
  await eventually(() => reply(rosa).inputValue(), "I was about to say");
  await reply(rosa).press("Enter");
  await ines.reads("I was about to say");
  await eventually(() => reply(rosa).inputValue(), "");
});

test("a name is completed in an edit too, and Enter then saves it", async () => {
  await rosa.say("Thanks to all");
  await rosa.reads("Thanks to all");
  await rosa.press("Thanks to all", "Edit");
  const editor = rosa.page.getByRole("textbox", { name: "New text" });
  await editor.fill("Thanks to ");
  await editor.pressSequentially("@ine");
  await chosen(rosa, "People").getByText("@ines").waitFor();
  await editor.press("Enter");
  assert.equal(await editor.inputValue(), "Thanks to @ines ");
  await editor.press("Enter");
  await ines.reads("Thanks to @Ines");
});

test("without a network the picker is there, where the site is kept", async () => {
  await ines.enter("/rooms/general");
  await ines.isKept();
  await ines.page.reload();
  await ines.isConnected();
  await ines.context.setOffline(true);
  await ines.isConnected("offline");
  await smile(ines).click();
  await search(ines).fill("rocket");
  await search(ines).press("Enter");
  await eventually(() => ines.composer.inputValue(), "🚀");
  await ines.composer.fill("");
  await ines.composer.pressSequentially(":rock");
  await chosen(ines, "Emoji").getByText("🚀").waitFor();
  await ines.composer.fill("");
  await ines.context.setOffline(false);
  await ines.isConnected();
});

test("neither the picker nor what is offered has a fault, light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await rosa.page.emulateMedia({ colorScheme });
    await rosa.composer.pressSequentially("@");
    await offers(rosa, "People").waitFor();
    await looksRight(`${colorScheme}, people offered`);
    await rosa.composer.fill("");
    await smile(rosa).click();
    await search(rosa).waitFor();
    await looksRight(`${colorScheme}, picker`);
    await rosa.page.keyboard.press("Escape");
  }
});

// Of what is shown, not of what it lies over for a moment.
async function looksRight(where) {
  assert.deepEqual(await faults(rosa.page, [".composer:not(.reply)", "dialog[open]"]), [], where);
}

test("nobody's page complained", () => {
  ines.hasNoComplaints([/ERR_INTERNET_DISCONNECTED|WebSocket/]);
  rosa.hasNoComplaints();
});
