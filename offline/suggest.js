// People, rooms and emoji that fit the word before the caret: `@ro`, `#har`, `:rock`. They stand above the field in which one
// writes a message, a reply or an edit; arrows lead from one to the next, Enter and Tab take one, Escape leaves. What the page
// knows is there at once; what only the server knows follows.

import { ask } from "./attention/api.js";
import style from "./suggest.css";

const SHOWN_MAX = 8;
// So many members of a room are known beforehand; of a larger one the others are asked for by what is typed.
const MEMBERS = 100;
// How many people are asked for.
const PEOPLE = 6;
// How long the keys have to rest before the server is asked.
const REST_MS = 120;
// What may become a name: its sign, and what of it is there. An emoji begins with two letters, or every colon would.
const WORD = /(?:^|[\s(])(?:(@)([\p{L}\p{N}._-]{0,32})|(#)([\p{L}\p{N}-]{1,64})|(:)([a-z][a-z_]{1,31}))$/iu;
const FIELDS = ".composer textarea, .edit textarea";
const NAMES = { "@": "People", "#": "Rooms", ":": "Emoji" };

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

// The field that something is offered for, and the list of what is.
let field;
const list = document.createElement("ul");
list.className = "suggest";
list.id = "suggest";
list.setAttribute("role", "listbox");
// Counts what was typed: an answer to anything but the last of it comes too late.
let turn = 0;
// What the arrows chose since then; more that comes leaves it chosen.
let chosen;
let emoji;
// The members of each room that somebody was named in.
const members = new Map();

/** Something was typed into a field where one writes: offers what fits, or takes away what was offered. */
export async function suggest(typed) {
  const now = ++turn;
  chosen = undefined;
  const word = wordIn(typed);
  if (!word) return hide();
  show(typed, word, known(word));
  const more = await asked(word, () => now === turn);
  if (more && now === turn) show(typed, word, more, chosen);
}

function wordIn({ value, selectionStart, selectionEnd }) {
  if (selectionStart !== selectionEnd) return undefined;
  const found = WORD.exec(value.slice(0, selectionEnd))?.slice(1).filter((part) => part !== undefined);
  if (!found) return undefined;
  const [sign, begun] = found;
  return { sign, begun: begun.toLowerCase(), from: selectionEnd - begun.length - 1 };
}

// Whether a name, or a word in it, begins so.
const fits = (name, begun) => ` ${name.toLowerCase()}`.includes(` ${begun}`);

function known({ sign, begun }) {
  if (sign === "@") return people(begun);
  if (sign === "#") return rooms(begun);
  return emoji ? pictures(begun) : [];
}

async function asked(word, isStillAsked) {
  const { sign, begun } = word;
  if (sign === ":" && !emoji) {
    const answer = await fetch("/emoji.txt").catch(() => undefined);
    if (answer?.ok) emoji = (await answer.text()).split("\n").filter((line) => line && !line.startsWith("# "));
    return emoji && pictures(begun);
  }
  if (sign !== "@") return undefined;
  const { room } = app().dataset;
  if (!members.has(room)) {
    const found = await ask("GET", `/rooms/${room}/members?limit=${MEMBERS}`);
    if (found) members.set(room, found.users);
  }
  const here = members.get(room) ?? [];
  if (!begun || (here.length > 0 && here.length < MEMBERS && people(begun).length > 0)) return people(begun);
  await new Promise((go) => setTimeout(go, REST_MS));
  if (!isStillAsked()) return undefined;
  const found = await ask("GET", `/users?limit=${PEOPLE}&query=${encodeURIComponent(begun)}`);
  return found && people(begun, found.users);
}

const app = () => document.querySelector(".app");

/** Members of the room, those who wrote last before the others; then `others`, and the words that call on everyone. */
function people(begun, others = []) {
  const { room, user } = app().dataset;
  const spoke = [...document.querySelectorAll(".list .message[data-author]")].map(({ dataset }) => dataset.author);
  const all = (members.get(room) ?? []).filter(({ id, username, display_name }) => id !== user && (fits(username, begun) || fits(display_name, begun)));
  all.sort((one, other) => spoke.lastIndexOf(other.id) - spoke.lastIndexOf(one.id));
  const known = new Set(all.map(({ id }) => id));
  const found = [...all, ...others.filter(({ id }) => !known.has(id))].slice(0, SHOWN_MAX);
  // A conversation between two has no list of members, and nobody else to call.
  const calls = document.querySelector(".bar .members") ? [["here", "Everyone who is here now"], ["room", "Everyone in this room"]] : [];
  return [
    ...found.map((who) => ({ put: `@${who.username}`, name: who.display_name, about: `@${who.username}`, who })),
    ...calls.filter(([name]) => name.startsWith(begun)).map(([name, about]) => ({ put: `@${name}`, name: `@${name}`, about })),
  ];
}

function rooms(begun) {
  const links = [...document.querySelectorAll(".rooms > .room:not(.direct)")];
  const all = links.map((link) => ({
    put: `#${decodeURIComponent(link.pathname.split("/")[2])}`,
    name: `#${link.querySelector(".name").textContent}`,
  }));
  return all.filter(({ put, name }) => fits(name.slice(1), begun) || put.slice(1).startsWith(begun)).slice(0, SHOWN_MAX);
}

/** Emoji all of whose words begin so; before them those that are called so. */
function pictures(begun) {
  const words = begun.split("_");
  const lines = emoji.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]);
  const all = lines.filter(([, names]) => words.every((word) => fits(names, word)));
  all.sort(([, one], [, other]) => other.startsWith(words[0]) - one.startsWith(words[0]));
  return all.slice(0, SHOWN_MAX).map(([picture, names]) => ({ put: picture, name: picture, about: names }));
}

function show(typed, { sign, begun }, offers, keep) {
  hide();
  if (!offers.length || document.activeElement !== typed) return;
  field = typed;
  list.setAttribute("aria-label", NAMES[sign]);
  list.replaceChildren(...offers.map(row));
  field.form.append(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  // Who wrote a name to its end wants to send it; another one is a key away.
  const isWhole = offers.some(({ put }) => put.slice(1).toLowerCase() === begun);
  const at = offers.findIndex(({ put }) => put === keep);
  if (at >= 0 || !isWhole) mark(Math.max(at, 0));
}

function row({ put, name, about = "", who }, at) {
  const row = document.createElement("li");
  row.id = `suggest-${at}`;
  row.dataset.put = put;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", "false");
  row.innerHTML = "<b></b><small></small>";
  row.firstChild.textContent = name;
  row.lastChild.textContent = about;
  if (who) row.prepend(face(who));
  // Before the click the field would lose the focus.
  row.addEventListener("pointerdown", (event) => event.preventDefault());
  row.addEventListener("click", () => take(put));
  return row;
}

// As app/src/face.rs has it: a picture, or a letter on one of twelve colours.
function face({ id, display_name, avatar_url }) {
  const avatar = document.createElement("span");
  avatar.className = `avatar s h${Number.parseInt(id.slice(-2), 16) % 12}`;
  avatar.setAttribute("aria-hidden", "true");
  if (avatar_url) {
    const image = document.createElement("img");
    Object.assign(image, { src: avatar_url, alt: "", width: 24, height: 24 });
    avatar.append(image);
  } else avatar.textContent = (display_name.match(/[\p{L}\p{N}]/u)?.[0] ?? display_name.slice(0, 1)).toUpperCase();
  return avatar;
}

function hide() {
  list.remove();
  for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"]) field?.removeAttribute(name);
  field = undefined;
}

const marked = () => list.querySelector("[aria-selected=true]");

function mark(at) {
  for (const [place, row] of [...list.children].entries()) {
    row.setAttribute("aria-selected", String(place === at));
    if (place === at) row.scrollIntoView({ block: "nearest" });
  }
  field.setAttribute("aria-activedescendant", list.children[at].id);
}

function move(at) {
  mark(at);
  chosen = marked().dataset.put;
}

/** Writes in the place of what was typed, as if it were typed: it can be undone, and whoever listens hears of it. */
function take(put) {
  const into = field;
  hide();
  into.focus();
  // The caret may be elsewhere by now.
  const word = wordIn(into);
  if (!word) return;
  into.setSelectionRange(word.from, into.selectionEnd);
  document.execCommand("insertText", false, `${put} `);
}

addEventListener("input", ({ target }) => target.matches(FIELDS) && suggest(target));
// Before anybody else: what a key means while something is offered is ours to say.
addEventListener("keydown", (event) => {
  if (event.target !== field || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  const count = list.children.length;
  const at = [...list.children].indexOf(marked());
  if (event.key === "ArrowDown") move((at + 1) % count);
  else if (event.key === "ArrowUp") move((Math.max(at, 0) + count - 1) % count);
  else if (event.key === "Escape") hide();
  else if ((event.key === "Enter" || event.key === "Tab") && marked()) marked().click();
  else {
    // It is sent, or the caret goes elsewhere; whatever is typed asks anew.
    if (event.key.length > 1) hide();
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
addEventListener("focusout", ({ target }) => target === field && hide());
