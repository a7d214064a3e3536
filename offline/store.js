// What outlives a page: a database a user, with what was sent and is not known to be stored, drafts, and the newest
// messages of recent rooms. The page has all of it in memory as well and never waits for a write. Where writing fails
// (the disk is full, the browser keeps nothing) the page goes on, and `durable` says so.

const PREFIX = "natter-";
const VERSION = 1;
const STORES = ["sends", "drafts", "rooms"];
// More than these are forgotten, the oldest first.
const LIMITS = { drafts: 100, rooms: 20 };
// A browser that takes longer to open a database is not waited for, in milliseconds.
const PATIENCE = 1500;
const TAB = "natter-tab-";

/** Said on `window` when what is typed can no longer be kept, or can again. */
export const KEEPING = "natter-keeping";

export class Store {
  /** Whether everything that was given is kept. */
  durable = false;
  #db;
  #user;
  #tab = TAB + Math.random().toString(36).slice(2);
  #unlock = () => {};
  #order = 0;
  // Own sends in the database, by nonce; and as they should be there; and the place of each in the order.
  #kept = new Map();
  #wanted = new Map();
  #places = new Map();
  #drafts = new Map();
  #dirty = new Set();
  #writing = false;

  /** Opens what is kept for a user; what cannot be opened is an empty store that keeps nothing. */
  static async open(user) {
    const store = new Store();
    store.#user = user;
    await Promise.race([store.#open().catch(() => {}), pause(PATIENCE)]);
    return store;
  }

  /** The draft for a room or a thread, by its id. */
  draft(place) {
    return this.#drafts.get(place);
  }

  keepDraft(place, text) {
    this.#drafts.set(place, text);
    this.#dirty.add(place);
    this.#writeDrafts();
  }

  /** Keeps exactly these sends of this page; `text` is a list in JSON, in which each has a nonce. */
  keepSends(text) {
    this.#wanted = new Map(JSON.parse(text).map((send) => [send.nonce, JSON.stringify(send)]));
    this.#write();
  }

  /** Takes over what pages that are gone did not send: a list in JSON, in the order in which it was written. */
  async adopt() {
    const alive = await this.#alive();
    const found = [];
    await this.#change(["sends"], async (sends) => {
      for (const [nonce, send] of await entries(sends)) {
        if (this.#kept.has(nonce) || alive?.has(send.tab)) continue;
        sends.put({ ...send, tab: this.#tab }, nonce);
        found.push([nonce, send]);
      }
    });
    found.sort(([, a], [, b]) => a.order - b.order);
    for (const [nonce, { order, text }] of found) {
      this.#order = Math.max(this.#order, order);
      this.#places.set(nonce, order);
      this.#kept.set(nonce, text);
      // Until the page says otherwise it is to stay.
      this.#wanted.set(nonce, text);
    }
    return `[${found.map(([, { text }]) => text).join(",")}]`;
  }

  /** The newest messages of a room, as they were kept. */
  async room(room) {
    const found = await this.#look("rooms", (rooms) => rooms.get(room));
    return found?.text;
  }

  async keepRoom(room, text) {
    await this.#change(["rooms"], async (rooms) => {
      rooms.put({ text, at: Date.now() }, room);
      await forgetOldest(rooms, LIMITS.rooms);
    }).catch(() => {});
  }

  /** Nobody is signed in: what was read is forgotten; what was written waits for its writer. */
  async forgetRooms() {
    await this.#change(["rooms"], (rooms) => rooms.clear()).catch(() => {});
  }

  /** Whether something was sent that nobody answered. */
  hasSends() {
    return this.#wanted.size > 0;
  }

  /** Whether leaving the page would lose it. */
  losesSends() {
    return !this.durable && this.hasSends();
  }

  /** The page is put away: others may take over what it did not send. A page that holds a lock cannot be kept for going back. */
  rest() {
    this.#unlock();
  }

  /** The page is taken out again. */
  async wake() {
    await new Promise((held) => {
      if (!navigator.locks) return held();
      const hold = () => new Promise((free) => {
        this.#unlock = free;
        held();
      });
      navigator.locks.request(this.#tab, hold).catch(held);
    });
  }

  async #open() {
    await this.wake();
    this.#db = await openDatabase(PREFIX + this.#user);
    await this.#change(["drafts"], (drafts) => forgetOldest(drafts, LIMITS.drafts)).catch(() => {});
    const drafts = await this.#look("drafts", (drafts) => entries(drafts));
    // What was typed while it opened is newer.
    for (const [room, { text }] of drafts) if (!this.#drafts.has(room)) this.#drafts.set(room, text);
    this.#say(true);
    this.#write();
    this.#writeDrafts();
    // Signing out, in whichever tab, deletes the database, and an open one cannot be.
    this.#db.onversionchange = () => this.#close();
    this.#db.onclose = () => this.#close();
  }

  #close() {
    this.#db?.close();
    this.#db = undefined;
    this.#say(false);
  }

  /** Writes the sends that changed, one transaction at a time; what changes meanwhile goes into the next. */
  async #write() {
    if (this.#writing || !this.#db) return;
    this.#writing = true;
    try {
      while (!same(this.#wanted, this.#kept)) {
        const gone = [...this.#kept.keys()].filter((nonce) => !this.#wanted.has(nonce));
        const changed = [...this.#wanted].filter(([nonce, text]) => this.#kept.get(nonce) !== text);
        await this.#change(["sends"], (sends) => {
          for (const nonce of gone) sends.delete(nonce);
          for (const [nonce, text] of changed) sends.put({ tab: this.#tab, order: this.#place(nonce), text }, nonce);
        });
        // One by one: meanwhile others' may have been taken over.
        for (const nonce of gone) this.#kept.delete(nonce);
        for (const [nonce, text] of changed) this.#kept.set(nonce, text);
        this.#say(true);
      }
    } catch {
      this.#say(false);
    } finally {
      this.#writing = false;
    }
  }

  /** Writes the drafts that changed, at once and without looking back: whoever reloads now is not there to go on. */
  #writeDrafts() {
    const rooms = [...this.#dirty];
    if (!this.#db || rooms.length === 0) return;
    const written = this.#change(["drafts"], (drafts) => {
      for (const room of rooms) {
        const text = this.#drafts.get(room);
        if (text) drafts.put({ text, at: Date.now() }, room);
        else drafts.delete(room);
      }
      drafts.transaction.commit?.();
    });
    const settle = () => {
      rooms.forEach((room) => this.#dirty.delete(room));
      this.#say(true);
    };
    written.then(settle, () => this.#say(false));
  }

  /** Where a send stands in the order, for as long as the page lives. */
  #place(nonce) {
    const place = this.#places.get(nonce) ?? this.#nextOrder();
    this.#places.set(nonce, place);
    return place;
  }

  /** Later than everything before, however the clock is set. */
  #nextOrder() {
    return (this.#order = Math.max(this.#order + 1, Date.now()));
  }

  #say(durable) {
    if (this.durable === durable) return;
    this.durable = durable;
    dispatchEvent(new Event(KEEPING));
  }

  /** The pages that are open; nothing where browsers do not tell. */
  async #alive() {
    const locks = await navigator.locks?.query();
    return locks && new Set(locks.held.map(({ name }) => name));
  }

  async #change(names, change) {
    if (!this.#db) throw new Error("nothing is kept");
    const transaction = this.#db.transaction(names, "readwrite");
    const ended = end(transaction);
    ended.catch(() => {});
    await change(...names.map((name) => transaction.objectStore(name)));
    await ended;
  }

  async #look(name, look) {
    if (!this.#db) return undefined;
    const found = look(this.#db.transaction(name).objectStore(name));
    return found instanceof Promise ? found : done(found);
  }
}

/** How many sends of a user wait to be delivered. */
export async function countSends(user) {
  const store = await openDatabase(PREFIX + user).catch(() => undefined);
  if (!store) return 0;
  const count = await done(store.transaction("sends").objectStore("sends").count());
  store.close();
  return count;
}

/** Forgets everything of a user. */
export const wipe = (user) =>
  new Promise((gone) => {
    const request = indexedDB.deleteDatabase(PREFIX + user);
    request.onsuccess = request.onerror = gone;
    // A tab that does not let go must not hold up whoever leaves.
    setTimeout(gone, PATIENCE);
  });

/** Forgets what others than this user read here; what they wrote waits for them. */
export async function forgetOthers(user) {
  const known = await indexedDB.databases?.();
  for (const { name } of known ?? []) {
    if (!name.startsWith(PREFIX) || name === PREFIX + user) continue;
    const db = await openDatabase(name);
    const transaction = db.transaction(STORES, "readwrite");
    const ended = end(transaction);
    transaction.objectStore("rooms").clear();
    const left = await Promise.all(["sends", "drafts"].map((store) => done(transaction.objectStore(store).count())));
    await ended;
    db.close();
    if (left.every((count) => count === 0)) await wipe(name.slice(PREFIX.length));
  }
}

function openDatabase(name) {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
  return done(request);
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });

const end = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

async function entries(store) {
  const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
  return keys.map((key, place) => [key, values[place]]);
}

async function forgetOldest(store, limit) {
  if ((await done(store.count())) <= limit) return;
  const all = (await entries(store)).sort(([, a], [, b]) => b.at - a.at);
  for (const [key] of all.slice(limit)) store.delete(key);
}

const same = (a, b) => a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
const pause = (time) => new Promise((go) => setTimeout(go, time));
