// Drafts on all of one's devices, in rooms and in threads. Of two the one that was written later stays, by the clocks of the
// devices; what is sent is an empty draft. This device's own keeping (offline/store.js) goes on without a network; when the
// server is reached, whichever of the two was written later is shown.

import { ask } from "./api.js";

// After so long without a key a draft is told.
const PAUSE_MS = 800;
// When the draft of each place was written here last; wiped at signing out with the rest.
const WRITTEN = "natter-draft-at:";

/** Follows the draft of the room on the page. */
export function followDrafts(app) {
  const text = document.querySelector(".composer:not(.reply) textarea[name=body]");
  if (!text || !app?.dataset.room) return () => {};
  const { take, tell, enter } = followField(text, "rooms", () => app.dataset.room);
  addEventListener("pagehide", tell);
  new MutationObserver(() => {
    tell();
    enter();
  }).observe(app, { attributeFilter: ["data-room"] });
  enter();
  return ({ type, room, body, at }) => type === "draft" && take(room, body, at);
}

/** Follows what is written in a field: of `kind` `rooms` or `threads`, in the place whose id `place` gives. */
export function followField(text, kind, place) {
  let timer;
  let writing;
  let told = "";

  const path = (of) => `/${kind}/${of}/draft`;
  const writtenAt = (of) => Number(localStorage.getItem(WRITTEN + of) ?? 0);
  const note = (of, at) => {
    try {
      localStorage.setItem(WRITTEN + of, String(at));
    } catch {
      // Without storage the server's word stands.
    }
  };
  const tell = async () => {
    clearTimeout(timer);
    if (!writing) return;
    const { of, body, at } = writing;
    writing = undefined;
    if (body === told) return;
    told = body;
    await ask("PUT", path(of), { body, at: new Date(at).toISOString() });
  };
  const wrote = () => {
    const at = Date.now();
    writing = { of: place(), body: text.value, at };
    note(place(), at);
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  };
  // What is written here by this program is not written by anyone.
  let quiet = false;
  const show = (body, at, of) => {
    note(of, at);
    told = body;
    if (text.value === body) return;
    quiet = true;
    text.value = body;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    quiet = false;
  };
  const take = (of, body, at) => {
    const time = Date.parse(at);
    if (of !== place() || !(time > writtenAt(of)) || writing) return;
    show(body, time, of);
  };
  const enter = async () => {
    const of = place();
    told = text.value;
    const draft = await ask("GET", path(of));
    if (!draft || of !== place()) return;
    // What is there and was never noted was written before this program came.
    const at = writtenAt(of) || (text.value && Date.now());
    if (draft.at && Date.parse(draft.at) > at) take(of, draft.body, draft.at);
    // Written here without a network, or told and never heard.
    else if (!writing) {
      told = draft.body;
      if (!at || text.value === "" || text.value === told) return;
      writing = { of, body: text.value, at };
      tell();
    }
  };

  text.addEventListener("input", () => quiet || wrote());
  // Sending empties the field without a key: seen after whoever sends has done so.
  const sent = () => setTimeout(() => text.value === "" && (told !== "" || writing) && wrote());
  text.addEventListener("keydown", ({ key }) => key === "Enter" && sent());
  text.form.addEventListener("submit", sent);
  return { take, tell, enter };
}
