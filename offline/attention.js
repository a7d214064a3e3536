// What a page attends to, loaded once it is shown and quiet: drafts on all of one's devices, notifications, the icon's
// badge, what people say of themselves. The island's code hands on every text of frames that the socket brings
// (app/src/live/browser/socket.rs); pages without a room have a socket of their own. What only those need comes to them alone.

import { ask } from "./attention/api.js";
import { followDrafts, followField } from "./attention/drafts.js";
import { notify } from "./attention/notify.js";
import { countThreads } from "./attention/threads.js";

const app = document.querySelector(".app");
const listeners = [showStatus, notify(app), followDrafts(app), countThreads()];

/** Takes in what the socket brought: one frame a line. */
function hear(text) {
  for (const line of text.split("\n")) {
    let frame;
    try {
      frame = JSON.parse(line);
    } catch {
      continue;
    }
    for (const listen of listeners) listen(frame);
  }
}

/** What someone says stands beside the name in the list of rooms, and with its words where there is more room. */
function showStatus({ type, user, custom }) {
  if (type !== "status") return;
  for (const says of document.querySelectorAll(`.says[data-user="${CSS.escape(user)}"]`)) {
    const { emoji = "", text = "" } = custom ?? {};
    const whole = "whole" in says.dataset;
    says.textContent = whole ? `${emoji} ${text}`.trim() : custom ? emoji || "💬" : "";
    says.title = whole ? "" : text;
    says.hidden = !custom;
  }
}

// What goes on in the panel of a thread comes with the first one, which the focus enters as it is opened.
function beginThread() {
  if (!document.querySelector(".thread[data-root]")) return;
  removeEventListener("focusin", beginThread);
  const begin = ({ followThread }) => listeners.push(followThread(ask, followField));
  import(__THREAD__).then(begin).catch(() => addEventListener("focusin", beginThread));
}
addEventListener("focusin", beginThread);
beginThread();

// A word that may become a name, or an emoji's.
const WORD = /(^|[\s(])[@#:][^\s@#:]*$/;

// What is offered for it comes with the first one, and listens from then on.
addEventListener("input", function begin({ target }) {
  if (!target.matches(".composer textarea, .edit textarea") || !WORD.test(target.value.slice(0, target.selectionEnd))) return;
  removeEventListener("input", begin);
  import(__SUGGEST__).then(({ suggest }) => suggest(target)).catch(() => addEventListener("input", begin));
});

// The title counts what waits in all rooms; so does the icon, where the browser has one.
function badge() {
  const [, count] = document.title.match(/^\((\d+)\)/) ?? [];
  const set = count ? navigator.setAppBadge?.(Number(count)) : navigator.clearAppBadge?.();
  set?.catch(() => {});
}

globalThis.natterHear = hear;
const title = document.querySelector("title");
if (title) new MutationObserver(badge).observe(title, { childList: true, characterData: true, subtree: true });
badge();
if (document.querySelector("[data-follows], [data-push], [data-quiet], time[data-at]")) import(__AROUND__).catch(() => {});
