// The release binary with data of its own, on a port of its own.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
export const binary = process.env.NATTER_BIN ?? join(root, "target/release/natter");
export const site = process.env.NATTER_SITE_ROOT ?? join(root, "target/site");

export class Server {
  #folder = mkdtempSync(join(tmpdir(), "natter-journey-"));
  #child;
  #limits;
  #settings = {};
  #build = { binary, site };
  url;
  // Of the seeded users: their names, their tokens, and the password of all of them.
  usernames = [];
  tokens = [];
  password;

  // Starts a server; `limits` as in NATTER_LIMITS, `seed` as for `natter seed`: `{ users, rooms, members, messages }`,
  // `settings` as further variables.
  static async start({ limits, seed, settings = {} } = {}) {
    const server = new Server();
    server.#limits = limits;
    server.#settings = settings;
    if (seed) server.#seed(seed);
    await server.#launch("127.0.0.1:0");
    return server;
  }

  // The build that runs from the next start on: another binary with other assets.
  become(build) {
    this.#build = build;
  }

  // Says something in a room, as the seeded user of this number.
  async post(user, room, body) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.tokens[user]}` };
    const answer = await fetch(`${this.url}/api/messages`, { method: "POST", headers, body: JSON.stringify({ room, body }) });
    if (answer.status !== 201) throw new Error(`a message was not posted: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  // Ends the process at once, as a crash would.
  async crash() {
    await this.#end("SIGKILL");
  }

  // Starts again with the same data at the same address.
  async restart() {
    await this.#launch(new URL(this.url).host);
  }

  async stop() {
    await this.#end("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #seed(plan) {
    const tokens = join(this.#folder, "tokens");
    const flags = Object.entries({ ...plan, tokens }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const said = execFileSync(this.#build.binary, ["seed", ...flags], { env: this.#environment, cwd: this.#folder, encoding: "utf8" });
    this.password = /password: (\S+)/.exec(said)[1];
    const users = readFileSync(tokens, "utf8").trim().split("\n").map((line) => line.split("\t"));
    this.usernames = users.map(([username]) => username);
    this.tokens = users.map(([, token]) => token);
  }

  get #environment() {
    return {
      PATH: process.env.PATH,
      NATTER_SITE_ROOT: this.#build.site,
      NATTER_FILES: join(this.#folder, "files"),
      DATABASE_URL: `sqlite://${join(this.#folder, "natter.db")}`,
      // Journeys stay on this machine.
      NATTER_PREVIEWS: "off",
      ...(this.#limits && { NATTER_LIMITS: this.#limits }),
      ...this.#settings,
    };
  }

  async #launch(address) {
    const env = { ...this.#environment, NATTER_ADDR: address };
    const child = spawn(this.#build.binary, ["serve"], { env, cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let said = "";
    child.stderr.on("data", (data) => (said = (said + data).slice(-4000)));
    this.url = await new Promise((resolve, reject) => {
      let line = "";
      child.stdout.on("data", (data) => {
        line += data;
        const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
        if (found) resolve(found[0]);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
  }

  async #end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }
}
