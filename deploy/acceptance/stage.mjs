// What the lines of a run share: where things are, which form it is, measurements that several lines need and are made
// once, and whatever has to be stopped at the end.

import { join } from "node:path";

import { children, signal } from "./proof/process.mjs";

export class Stage {
  #done = new Map();
  #ends = [];

  constructor({ root, form, environment = process.env }) {
    this.root = root;
    this.form = form;
    this.full = form === "full";
    this.binary = environment.NATTER_BIN ?? join(root, "target/release/natter");
    this.site = environment.NATTER_SITE_ROOT ?? join(root, "target/site");
    this.generator = environment.NATTER_LOAD ?? join(root, "target/release/natter-load");
    this.cluster = environment.NATTER_CLUSTER ?? join(root, "target/debug/cluster");
    // One core is the servers', the other the generator's.
    this.cores = { server: "0", generator: "1" };
    this.folder = join(root, "target/acceptance");
  }

  // The one or the other by the form.
  pick(short, full) {
    return this.full ? full : short;
  }

  // What `make` gives; a failure is given again to whoever asks for the same.
  once(name, make) {
    if (!this.#done.has(name)) this.#done.set(name, Promise.resolve().then(make));
    return this.#done.get(name);
  }

  // Something to do when the run is over, the latest first.
  atEnd(act) {
    this.#ends.push(act);
  }

  async end() {
    for (const act of this.#ends.splice(0).reverse()) await Promise.resolve().then(act).catch((error) => console.error(String(error)));
  }

  // Ends every process that was started, so that whoever waits for one goes on.
  abort() {
    for (const child of children) signal(child, "SIGTERM");
  }
}
