// Files: picked, dropped and pasted; brought with progress, given up, gone on with after the network was away; shown to the
// other as what they are.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import { Person, eventually, launch } from "./support/browser.mjs";
import { Server } from "./support/server.mjs";

let server, browser, ines, rosa;

before(async () => {
  [server, browser] = await Promise.all([Server.start({ limits: "off" }), launch()]);
  ines = await Person.join(browser, server, "ines");
  rosa = await Person.join(browser, server, "rosa");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// A picture of one colour.
function png(width, height, [r, g, b]) {
  const crc = (bytes) => ~bytes.reduce((sum, byte) => {
    sum ^= byte;
    for (let n = 0; n < 8; n++) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
    return sum;
  }, ~0) >>> 0;
  const chunk = (name, content) => {
    const inside = Buffer.concat([Buffer.from(name), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc(inside));
    return Buffer.concat([length, inside, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([r, g, b]))]);
  const rows = deflateSync(Buffer.concat(Array(height).fill(row)));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
}

// Half a second of silence.
function wav() {
  const bytes = Buffer.alloc(44 + 4000);
  bytes.write("RIFF");
  bytes.writeUInt32LE(4036, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(4000, 40);
  return bytes.fill(128, 44);
}

const photo = { name: "harbour.png", mimeType: "image/png", buffer: png(1200, 600, [51, 102, 153]) };
const paper = { name: "plan <1>.txt", mimeType: "text/plain", buffer: Buffer.from("Curtain at eight") };

const tray = (person) => person.page.getByRole("list", { name: "Files to send" }).getByRole("listitem");
const picker = (person) => person.page.getByLabel("Attach files");
const ready = (person, count) => eventually(() => tray(person).and(person.page.locator("[data-state=there]")).count(), count);
const send = (person) => person.page.getByRole("button", { name: "Send", exact: true }).click();
const last = (person) => person.list.locator("[data-seq]:not([data-pending])").last();

// Files as a drop or a paste brings them.
const transfer = (person, files) => person.page.evaluateHandle((files) => {
  const data = new DataTransfer();
  for (const { name, mimeType, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    data.items.add(new File([bytes], name, { type: mimeType }));
  }
  return data;
}, files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") })));

test("files that are picked are shown to the other as what they are", async () => {
  await picker(ines).setInputFiles([photo, paper, { name: "bell.wav", mimeType: "audio/wav", buffer: wav() }]);
  await ready(ines, 3);
  await ines.composer.fill("From the harbour");
  await send(ines);
  for (const person of [ines, rosa]) {
    await person.reads("From the harbour");
    const message = person.message("From the harbour");
    const image = message.getByRole("img", { name: "harbour.png" });
    await eventually(() => image.evaluate((image) => image.complete && image.naturalWidth > 0), true);
    assert.deepEqual(await image.evaluate(({ width, height }) => [width, height]), [460, 230]);
    assert.match(await image.getAttribute("srcset"), /width=320 320w, .*width=960 960w, .* 1200w$/);
    assert.equal(await message.locator(".file.image rect").getAttribute("fill"), "#336699");
    assert.match(await message.locator(".file.card").innerText(), /plan _1_\.txt\s+16 bytes/);
    const sound = message.locator("audio");
    await eventually(() => sound.evaluate((sound) => sound.readyState > 0 && sound.duration > 0), true);
  }
  assert.equal(await tray(ines).count(), 0);
  assert.equal(await ines.composer.inputValue(), "");
});

test("a file is saved under its name, with its bytes", async () => {
  const saving = rosa.page.waitForEvent("download");
  await rosa.message("From the harbour").locator(".file.card").click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), "plan _1_.txt");
  assert.equal(readFileSync(await saved.path(), "utf8"), "Curtain at eight");
});

test("a message with files is the same when the page is loaded again", async () => {
  const look = (person) => person.message("From the harbour").locator(".files").evaluate((files) => files.innerHTML);
  const before = await look(rosa);
  await rosa.page.reload();
  await rosa.isConnected();
  assert.equal(await look(rosa), before);
  // Drawn again from what the page said.
  await ines.message("From the harbour").locator(".body").hover();
  await ines.message("From the harbour").getByRole("button", { name: "React with 👍", exact: true }).click();
  await rosa.message("From the harbour").locator(".chip").waitFor();
  assert.equal(await look(rosa), before);
});

test("files that are dropped or pasted are sent without a word", async () => {
  const dropped = await transfer(rosa, [photo]);
  await rosa.page.dispatchEvent(".list", "dragover", { dataTransfer: dropped });
  await rosa.page.locator(".app[data-drop]").waitFor();
  await rosa.page.dispatchEvent(".list", "drop", { dataTransfer: dropped });
  assert.equal(await rosa.page.locator(".app[data-drop]").count(), 0);
  const pasted = await transfer(rosa, [{ ...photo, name: "screen.png" }]);
  await rosa.composer.focus();
  await rosa.page.evaluate((clipboardData) => {
    const options = { clipboardData, bubbles: true, cancelable: true };
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
  }, pasted);
  await ready(rosa, 2);
  await rosa.composer.press("Enter");
  for (const name of ["harbour.png", "screen.png"]) {
    await last(ines).getByRole("img", { name }).waitFor();
    await last(rosa).getByRole("img", { name }).waitFor();
  }
  assert.equal(await last(ines).locator(".body").innerText(), "");
});

test("a message waits for its files, and goes on where the network broke", async () => {
  const bytes = Buffer.alloc(9 * 1024 * 1024, 7);
  let pieces = 0;
  await ines.page.route("**/api/files/uploads/*", async (route) => {
    if (route.request().method() === "PATCH" && ++pieces === 2) return route.abort("connectionreset");
    return route.continue();
  });
  await picker(ines).setInputFiles([{ name: "big.bin", mimeType: "application/octet-stream", buffer: bytes }]);
  await ines.composer.fill("A big one");
  await send(ines);
  await rosa.reads("A big one");
  await ines.page.unroute("**/api/files/uploads/*");
  assert.ok(pieces >= 3, `${pieces} pieces`);
  const href = await rosa.message("A big one").locator(".file.card").getAttribute("href");
  const sum = await rosa.page.evaluate(async (href) => {
    const bytes = await (await fetch(href)).arrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, href);
  assert.equal(sum, createHash("sha256").update(bytes).digest("hex"));
});

test("a file can be given up, and one that is refused says why", async () => {
  const bomb = Buffer.from(photo.buffer);
  bomb.fill(0, 60);
  await picker(ines).setInputFiles([{ ...photo, name: "broken.png", buffer: bomb }, paper]);
  await tray(ines).filter({ hasText: "cannot be read" }).waitFor();
  await ines.composer.fill("Only the plan");
  await ines.composer.press("Enter");
  await ines.page.getByText("Sent once the files are there").waitFor();
  await ines.page.getByRole("button", { name: "Remove broken.png" }).click();
  // Nothing is in its way any more.
  await rosa.reads("Only the plan");
  assert.equal(await rosa.message("Only the plan").locator(".file").count(), 1);
});

test("files stay with their room", async () => {
  await ines.page.evaluate(async () => {
    const headers = { "content-type": "application/json" };
    await fetch("/api/rooms", { method: "POST", headers, body: JSON.stringify({ name: "elsewhere" }) });
  });
  await ines.room("elsewhere").waitFor();
  await picker(ines).setInputFiles([paper]);
  await ready(ines, 1);
  await ines.room("elsewhere").click();
  await eventually(() => tray(ines).count(), 0);
  await ines.room("general").click();
  await ready(ines, 1);
  await ines.page.getByRole("button", { name: /^Remove plan/ }).click();
  await eventually(() => tray(ines).count(), 0);
});

test("a deleted message loses its files for everyone", async () => {
  const href = await rosa.message("From the harbour").locator(".file.image").getAttribute("href");
  await ines.press("From the harbour", "Delete");
  await ines.page.getByRole("dialog").getByRole("button", { name: /^Delete/ }).click();
  await eventually(() => rosa.page.getByRole("img", { name: "harbour.png" }).count(), 1);
  assert.equal(await rosa.page.evaluate(async (href) => (await fetch(href)).status, href), 404);
});

test("without scripts a message takes one file", async () => {
  const plain = await Person.arrive(browser, server, "vera", { javaScriptEnabled: false });
  await plain.register();
  await plain.page.goto("/rooms/general");
  await plain.composer.fill("By hand");
  await plain.page.getByLabel("File", { exact: true }).setInputFiles(photo);
  await plain.page.getByRole("button", { name: "Post with a file" }).click();
  await plain.reads("By hand");
  await plain.message("By hand").getByRole("img", { name: "harbour.png" }).waitFor();
  await rosa.message("By hand").getByRole("img", { name: "harbour.png" }).waitFor();
  assert.equal(await rosa.page.evaluate(() => document.querySelectorAll(".message [style]").length), 0);
});

test("nobody's console has a word to say", () => {
  ines.hasNoComplaints([/422|ERR_CONNECTION_RESET/]);
  rosa.hasNoComplaints([/404/]);
});
