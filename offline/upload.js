// Uploads files while one writes. They stand in a list above the composer, each with how far it is and a way to give
// it up, in the room and in the thread that they are for. A file is brought in pieces; where the line breaks, it goes on where
// the server says that it stands. The form's attributes tell the island's code (app/src/islands/composer.rs, verbs/reply.rs)
// what there is to send: `data-uploading` while
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

// What was brought, by the room or the thread.
const places = new Map();
// The forms that have a list.
const watched = new WeakSet();

const forms = () => [...document.querySelectorAll(".composer")];
const placeOf = (form) => form.elements.thread?.value ?? document.querySelector(".app").dataset.room;
const formOf = (place) => forms().find((form) => placeOf(form) === place);
const itemsOf = (place) => places.get(place) ?? [];
const all = () => [...places.values()].flat();

/** Takes files for what is written in a form. */
export function add(form, files) {
  const place = placeOf(form);
  const items = itemsOf(place);
  places.set(place, items);
  for (const file of files) {
    if (items.length >= FILES_MAX) {
      say(form, `A message takes ${FILES_MAX} files`);
      break;
    }
    const item = { file, stands: 0, state: "waiting", place };
    item.row = draw(item);
    items.push(item);
  }
  show();
  next();
}

// Another room or thread is on the page.
new MutationObserver(show).observe(document.querySelector(".app"), { attributeFilter: ["data-room"] });
new MutationObserver(show).observe(document.querySelector(".pane"), { childList: true });
addEventListener("online", () => all().forEach((item) => item.wake?.()));
addEventListener("beforeunload", (event) => all().some(({ state }) => state !== "there") && event.preventDefault());

function watch(form) {
  watched.add(form);
  const tray = document.createElement("ul");
  tray.className = "tray";
  tray.setAttribute("aria-label", "Files to send");
  form.before(tray);
  // The island has sent what was there; what came while it did so is still to be sent.
  new MutationObserver((changes) => {
    const { oldValue } = changes.findLast(({ attributeName }) => attributeName === "data-files") ?? {};
    if (oldValue && !form.hasAttribute("data-files")) {
      const sent = JSON.parse(oldValue).map(({ id }) => id);
      keep(placeOf(form), ({ attachment }) => !sent.includes(attachment?.id));
    }
    show();
  }).observe(form, { attributeFilter: ["data-files", "aria-busy"], attributeOldValue: true });
}

// Lets go of what does not fit.
function keep(place, fits) {
  const items = itemsOf(place).filter(fits);
  if (items.length) places.set(place, items);
  else places.delete(place);
}

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
  for (const form of forms()) {
    const items = itemsOf(placeOf(form));
    if (items.length && !watched.has(form)) watch(form);
    if (watched.has(form)) showIn(form, items);
  }
}

function showIn(form, items) {
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
  const told = JSON.stringify(files);
  // What is being sent stays as it is.
  if (!form.hasAttribute("aria-busy") && told !== (form.dataset.files ?? "[]")) {
    if (files.length) form.dataset.files = told;
    else form.removeAttribute("data-files");
  }
  if (pending.some(({ state }) => state === "refused")) form.removeAttribute("data-sends");
  if (!pending.length && form.hasAttribute("data-sends")) {
    form.removeAttribute("data-sends");
    say(form, "");
    if (files.length) form.requestSubmit();
  }
}

const say = (form, words) => (form.querySelector(".state").textContent = words);

function discard(item) {
  item.state = "gone";
  item.request?.abort();
  item.wake?.();
  if (item.upload) ask("DELETE", item.upload).catch(() => {});
  keep(item.place, (other) => other !== item);
  show();
  next();
  formOf(item.place)?.querySelector("textarea").focus();
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
