// Uploads files while one writes. They stand in a list above the composer, each with how far it is and a way to give
// it up. A file is brought in pieces; where the line breaks, it goes on where the server says that it stands. The form's
// attributes tell the island's code (app/src/islands/composer.rs) what there is to send: `data-uploading` while
// something is on its way, `data-files` what is there, `data-sends` that it is to be sent then.

import style from "./upload.css";

// As many files at a time: a server takes only so many of one person.
const AT_ONCE = 3;
// As many on a message.
const FILES_MAX = 10;
// Bytes of a piece: of a large file larger ones, so that there are never more than a few dozen requests.
const PIECE = 4 * 1024 * 1024;
// How long to wait after a fault, in milliseconds; twice as long each time.
const PAUSE = 500;
const PAUSE_MAX = 30_000;

// A refusal, for good.
class Refused extends Error {}
// Given up by whoever brought it.
class Given extends Error {}

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

// What was brought, by room.
const rooms = new Map();
let form;

/** Takes files for the room on the page. */
export function add(composer, files) {
  if (form !== composer) watch(composer);
  const items = rooms.get(room()) ?? [];
  rooms.set(room(), items);
  for (const file of files) {
    if (items.length >= FILES_MAX) {
      say(`A message takes ${FILES_MAX} files`);
      break;
    }
    const item = { file, stands: 0, state: "waiting", room: room() };
    item.row = draw(item);
    items.push(item);
  }
  show();
  next();
}

const room = () => document.querySelector(".app").dataset.room;
const here = () => rooms.get(room()) ?? [];

function watch(composer) {
  form = composer;
  const tray = document.createElement("ul");
  tray.className = "tray";
  tray.setAttribute("aria-label", "Files to send");
  form.before(tray);
  // Another room is on the page.
  new MutationObserver(show).observe(document.querySelector(".app"), { attributeFilter: ["data-room"] });
  // The island has sent what was there.
  new MutationObserver(() => {
    if (form.hasAttribute("data-files") || !here().length || here().some(({ state }) => state !== "there")) return;
    rooms.delete(room());
    show();
  }).observe(form, { attributeFilter: ["data-files"] });
  addEventListener("online", () => all().forEach((item) => item.wake?.()));
  addEventListener("beforeunload", (event) => all().some(({ state }) => state !== "there") && event.preventDefault());
}

const all = () => [...rooms.values()].flat();

function draw(item) {
  const row = document.createElement("li");
  row.innerHTML = `<b></b><small role="status"></small><progress max="1" value="0"></progress>
    <button class="link again" type="button" hidden>Try again</button><button class="icon-button remove" type="button">×</button>`;
  const name = item.file.name || "file";
  row.querySelector("b").textContent = name;
  row.querySelector("progress").setAttribute("aria-label", `Upload of ${name}`);
  const remove = row.querySelector(".remove");
  remove.setAttribute("aria-label", `Remove ${name}`);
  remove.addEventListener("click", () => discard(item));
  row.querySelector(".again").addEventListener("click", () => {
    if (item.wake) return item.wake();
    item.state = "waiting";
    next();
    show();
  });
  return row;
}

const WORDS = { waiting: "Waiting", going: "Uploading", paused: "Waiting for the network", there: "Ready" };

// Puts what is there on the page, and tells the island.
function show() {
  const items = here();
  form.previousElementSibling.replaceChildren(...items.map(({ row }) => row));
  for (const { row, state, stands, file, reason } of items) {
    row.dataset.state = state;
    row.querySelector("small").textContent = reason ?? WORDS[state];
    row.querySelector("progress").value = state === "there" ? 1 : stands / (file.size || 1);
    row.querySelector(".again").hidden = state !== "paused" && state !== "refused";
  }
  const pending = items.filter(({ state }) => state !== "there");
  form.toggleAttribute("data-uploading", pending.length > 0);
  const files = items.filter(({ state }) => state === "there").map(({ attachment }) => attachment);
  if (files.length) form.dataset.files = JSON.stringify(files);
  else form.removeAttribute("data-files");
  if (pending.some(({ state }) => state === "refused")) form.removeAttribute("data-sends");
  if (!pending.length && form.hasAttribute("data-sends")) {
    form.removeAttribute("data-sends");
    say("");
    if (files.length) form.requestSubmit();
  }
}

const say = (words) => (form.querySelector(".state").textContent = words);

function discard(item) {
  item.state = "gone";
  item.request?.abort();
  item.wake?.();
  if (item.upload) ask("DELETE", item.upload).catch(() => {});
  const items = rooms.get(item.room)?.filter((other) => other !== item) ?? [];
  if (items.length) rooms.set(item.room, items);
  else rooms.delete(item.room);
  show();
  next();
  form.querySelector("textarea").focus();
}

// Starts as many as may be.
function next() {
  const going = all().filter(({ state }) => state === "going" || state === "paused").length;
  const waiting = all().filter(({ state }) => state === "waiting");
  for (const item of waiting.slice(0, Math.max(0, AT_ONCE - going))) bring(item);
}

async function bring(item) {
  item.state = "going";
  item.reason = undefined;
  show();
  for (let faults = 0; item.state !== "gone" && !item.attachment; ) {
    try {
      const before = item.stands;
      await step(item);
      if (item.stands > before) faults = 0;
    } catch (error) {
      if (error instanceof Given || item.state === "gone") break;
      if (error instanceof Refused) {
        Object.assign(item, { state: "refused", reason: error.message, upload: undefined, stands: 0 });
        break;
      }
      item.state = "paused";
      show();
      await pause(item, error.wait ?? Math.min(PAUSE << Math.min(faults++, 6), PAUSE_MAX));
      if (item.state === "gone") break;
      item.state = "going";
      item.unsure = true;
      show();
    }
  }
  if (item.attachment) item.state = "there";
  show();
  next();
}

const pause = (item, time) => new Promise((go) => {
  const timer = setTimeout(go, time);
  item.wake = () => {
    clearTimeout(timer);
    go();
  };
}).finally(() => (item.wake = undefined));

// The next that has to be done: begin, ask where it stands, or bring a piece.
async function step(item) {
  const { file } = item;
  if (!item.upload) {
    const begun = await ask("POST", "/api/files/uploads", JSON.stringify({ name: file.name || "file", size: file.size }), {
      "content-type": "application/json",
    });
    item.upload = `/api/files/uploads/${begun.upload.id}`;
    item.stands = 0;
    item.unsure = false;
    return;
  }
  if (item.unsure) {
    take(item, await ask("GET", item.upload));
    item.unsure = false;
    return;
  }
  const size = Math.max(PIECE, Math.ceil(file.size / 40));
  const from = item.stands;
  const piece = file.slice(from, from + size);
  const progress = (sent) => {
    item.row.querySelector("progress").value = (from + sent) / (file.size || 1);
  };
  take(item, await ask("PATCH", item.upload, piece, { "upload-offset": String(from) }, progress, item));
}

function take(item, { upload, attachment }) {
  item.stands = upload.offset;
  if (attachment) item.attachment = attachment;
}

// Asks the server. Fails with `Refused` where it is no use to ask again.
function ask(method, path, body = null, headers = {}, progress = undefined, item = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    item.request = request;
    request.open(method, path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (progress) request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onabort = () => reject(new Given());
    request.onerror = () => reject(new Error("away"));
    request.onload = () => {
      const { status } = request;
      const answer = parse(request.responseText);
      if (status < 300) return resolve(answer);
      const again = status === 409 || status === 429 || status >= 500;
      const error = new (again ? Error : Refused)(answer.detail ?? `The server answered ${status}`);
      const wait = Number(request.getResponseHeader("retry-after"));
      if (wait) error.wait = wait * 1000;
      reject(error);
    };
    request.send(body);
  });
}

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};
