// What a page needs to go on without a network, loaded after the page is shown. `open` gives what the live part
// is to begin with; the island's code calls the methods of what it gets (app/src/live/browser/kept.rs).

import { Store, countSends, forgetOthers, wipe } from "./store.js";
import { takeFiles } from "./files.js";
import { keepPage, lookForUpdate, register } from "./update.js";

// Said to this browser's other pages.
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("natter") : undefined;
// The worker's caches of what is for one person (offline/worker.js).
const PERSONAL = ["natter-rooms", "natter-history"];

// Said on `window` when another page was closed with sends that nobody answered.
const LEFT_SENDS = "natter-left-sends";
// How long a browser takes to free the lock of a page that is gone, with some to spare.
const LOCK_MS = 500;

/** What is kept for the user of this page. `own` is a file of this page's version. */
export async function open(own) {
  const { user } = document.querySelector(".app").dataset;
  const store = await Store.open(user);
  // Whoever is signed out keeps nothing more of what others wrote.
  let signedIn = true;
  const kept = {
    sends: await store.adopt().catch(() => "[]"),
    isDurable: () => store.durable,
    draft: (room) => store.draft(room),
    keepDraft: (room, text) => store.keepDraft(room, text),
    keepSends: (text) => store.keepSends(text),
    adopt: () => store.adopt(),
    room: (room) => store.room(room),
    keepRoom: (room, text) => void (signedIn && store.keepRoom(room, text)),
    // A worker that is in charge keeps what it hands on.
    keepPage: (path) => void (navigator.serviceWorker?.controller ?? keepPage(path)),
    connected() {
      signedIn = true;
      lookForUpdate();
    },
    signedOut() {
      signedIn = false;
      store.forgetRooms();
      forgetPages();
    },
  };
  addEventListener("pagehide", () => {
    store.rest();
    if (store.hasSends()) channel?.postMessage(`left sends ${user}`);
  });
  addEventListener("pageshow", ({ persisted }) => persisted && store.wake());
  addEventListener("beforeunload", (event) => store.losesSends() && event.preventDefault());
  channel?.addEventListener("message", ({ data }) => {
    if (data === `left ${user}`) location.assign("/login");
    // Its lock is free in a moment.
    if (data === `left sends ${user}`) setTimeout(() => dispatchEvent(new Event(LEFT_SENDS)), LOCK_MS);
  });
  takeFiles();
  const later = globalThis.requestIdleCallback ?? setTimeout;
  later(() => {
    register(own).catch(() => {});
    forgetOthers(user).catch(() => {});
  });
  return kept;
}

/** Signs out by a form, and leaves nothing of the user behind in this browser. */
export async function leave(form) {
  const { user } = document.querySelector(".app").dataset;
  const unsent = form.querySelector("[role=alert]");
  const waiting = await countSends(user).catch(() => 0);
  if (waiting > 0 && unsent.hidden) {
    unsent.hidden = false;
    unsent.textContent = `${waiting === 1 ? "1 message was" : `${waiting} messages were`} not sent yet. Sign out again to delete what you wrote.`;
    return;
  }
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.headers.get("natter-viewer") === "nobody") {
    await Promise.allSettled([wipe(user), forgetPages()]);
    for (const key of Object.keys(localStorage)) if (key.startsWith("natter-draft-at:")) localStorage.removeItem(key);
    channel?.postMessage(`left ${user}`);
  }
  location.assign(answer.url);
}

const forgetPages = () => Promise.all(PERSONAL.map((name) => globalThis.caches?.delete(name)));
