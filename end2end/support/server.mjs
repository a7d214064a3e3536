// The release binary with data of its own, on a port of its own.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
export const binary = process.env.NATTER_BIN ?? join(root, "target/release/natter");
export const site = process.env.NATTER_SITE_ROOT ?? join(root, "target/site");

export class Server {
  #folder = mkdtempSync(join(tmpdir(), "natter-journey-"));
  #child;
  #limits;
  #build = { binary, site };
  url;

  // Every seeded user's password, and the file that names them.
  password;
  tokens = join(this.#folder, "tokens");

  // Starts a server; `limits` as in NATTER_LIMITS, `seed` as the options of `natter seed`.
  static async start({ limits, seed } = {}) {
    const server = new Server();
    server.#limits = limits;
    if (seed) server.#seed({ ...seed, tokens: server.tokens });
    await server.#launch("127.0.0.1:0");
    return server;
  }

  // The build that runs from the next start on: another binary with other assets.
  become(build) {
    this.#build = build;
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

  get #env() {
    return {
      PATH: process.env.PATH,
      NATTER_SITE_ROOT: this.#build.site,
      NATTER_FILES: join(this.#folder, "files"),
      DATABASE_URL: `sqlite://${join(this.#folder, "natter.db")}`,
      ...(this.#limits && { NATTER_LIMITS: this.#limits }),
    };
  }

  #seed(options) {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const said = execFileSync(this.#build.binary, ["seed", ...args], { env: this.#env, cwd: this.#folder, encoding: "utf8" });
    this.password = /password: (\S+)/.exec(said)[1];
  }

  async #launch(address) {
    const env = { ...this.#env, NATTER_ADDR: address };
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
