// How many of the threads that one follows have unread replies, beside "Threads" in the list of rooms.

import { ask } from "./api.js";

// Together, so that a busy thread asks twice a second at most.
const PAUSE_MS = 500;

export function countThreads() {
  const rooms = document.querySelector(".rooms");
  if (!rooms) return () => {};
  // The rooms of those threads, as the server said last.
  let unread = [];
  let timer;

  // What this page has read the server hears of within a second; what is said in a room is unread there too.
  const isUnread = (room) => rooms.querySelector(`[data-room="${room}"]`)?.dataset.unread !== "0";
  const draw = () => {
    const link = rooms.querySelector(".threads");
    const count = link?.querySelector(".count");
    if (!count) return;
    const { length } = unread.filter(isUnread);
    count.textContent = length;
    count.hidden = !length;
    link.classList.toggle("unread", length > 0);
  };
  const renew = async () => {
    timer = undefined;
    const found = await ask("GET", "/threads/unread");
    if (!found) return;
    unread = found.threads.map(({ room }) => room);
    draw();
  };
  const soon = () => (timer ??= setTimeout(renew, PAUSE_MS));

  new MutationObserver((changes) => {
    if (!changes.some(({ target }) => unread.includes(target.dataset.room))) return;
    unread = unread.filter(isUnread);
    draw();
    soon();
  }).observe(rooms, { attributeFilter: ["data-unread"], subtree: true });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && soon());
  renew();

  return ({ type }) => ["hello", "thread", "read", "room"].includes(type) && soon();
}
