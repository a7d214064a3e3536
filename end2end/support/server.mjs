// The release binary with data of its own, on a port of its own.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const binary = process.env.NATTER_BIN ?? join(root, "target/release/natter");
const site = process.env.NATTER_SITE_ROOT ?? join(root, "target/site");

export class Server {
  #folder = mkdtempSync(join(tmpdir(), "natter-journey-"));
  #child;
  #limits;
  url;

  // Starts a server; `limits` as in NATTER_LIMITS.
  static async start({ limits } = {}) {
    const server = new Server();
    server.#limits = limits;
    await server.#launch("127.0.0.1:0");
    return server;
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

  async #launch(address) {
    const env = {
      PATH: process.env.PATH,
      NATTER_ADDR: address,
      NATTER_SITE_ROOT: site,
      NATTER_FILES: join(this.#folder, "files"),
      DATABASE_URL: `sqlite://${join(this.#folder, "natter.db")}`,
      ...(this.#limits && { NATTER_LIMITS: this.#limits }),
    };
    const child = spawn(binary, ["serve"], { env, cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
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
