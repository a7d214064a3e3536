// Notifications by an open page that nobody looks at. Browsers that are told by Web Push as well show one of them: both
// bear the room's name as their tag.

import { ask } from "./api.js";

// Whoever looks at any page of this site holds this lock together with the others who do.
const LOOKING = "natter-looking";

export function notify(app) {
  const me = app?.dataset.user;
  if (!me || !("Notification" in globalThis)) return () => {};
  const known = new Map();
  let quiet;
  let look;

  const hold = () => {
    const visible = document.visibilityState === "visible";
    if (visible && !look) navigator.locks?.request(LOOKING, { mode: "shared" }, () => new Promise((go) => (look = go)));
    if (!visible) {
      look?.();
      look = undefined;
    }
  };
  document.addEventListener("visibilitychange", hold);
  hold();
  if (Notification.permission === "granted") ask("GET", "/me/quiet").then((found) => (quiet = found));

  const isQuiet = () => {
    if (quiet?.until && Date.now() < Date.parse(quiet.until)) return true;
    if (!quiet?.daily) return false;
    const [from, to] = quiet.daily;
    const now = new Date();
    const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  };
  const anyoneLooks = async () => {
    if (document.visibilityState === "visible") return true;
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    return held.some(({ name }) => name === LOOKING);
  };
  const show = async (room, title, body, url) => {
    if (Notification.permission !== "granted" || isQuiet() || (await anyoneLooks())) return;
    const options = { body, tag: room, icon: "/icons/any-192.png", data: { url } };
    const worker = await navigator.serviceWorker?.getRegistration();
    if (worker?.active) worker.showNotification(title, options).catch(() => {});
    else new Notification(title, options).addEventListener("click", () => focus());
  };
  const linkOf = (room) => document.querySelector(`.room[data-room="${CSS.escape(room)}"]`);
  const nameOf = (link) => link.querySelector(".name")?.textContent ?? "";
  const wants = (link, calls) => {
    if (!link || link.classList.contains("muted")) return false;
    const { level } = link.dataset;
    return level === "all" || (level !== "nothing" && calls);
  };
  const titleOf = (link, who) => (link.classList.contains("direct") ? who || nameOf(link) : `${who ? `${who} in ` : ""}#${nameOf(link)}`);

  // A message of the room that is open here.
  const message = ({ message }) => {
    const { room, seq, author, mentions, calls, body } = message;
    const link = linkOf(room);
    if (author.id === me || !wants(link, mentions.includes(me) || Boolean(calls))) return;
    show(room, titleOf(link, author.display_name), body.slice(0, 200), `${link.getAttribute("href")}/${seq}`);
  };
  // Something happened in another room.
  const head = ({ room, last_seq, mentions }) => {
    const before = known.get(room);
    known.set(room, { last_seq, mentions });
    const link = linkOf(room);
    if (!before || last_seq <= before.last_seq || !wants(link, mentions > before.mentions)) return;
    const words = mentions > before.mentions ? "You were mentioned" : "There is something new";
    show(room, titleOf(link), words, link.getAttribute("href"));
  };

  return (frame) => {
    if (frame.type === "hello") for (const room of frame.rooms) known.set(room.room, room);
    if (frame.type === "message") message(frame);
    if (frame.type === "head") head(frame);
    if (frame.type === "quiet") quiet = frame.quiet;
  };
}
