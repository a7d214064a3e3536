// Leptos.toml (what the server tells Leptos) and Cargo.toml (what cargo-leptos builds) say the same.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// Leptos and cargo-leptos call one thing by two names, and each has a default for it.
const NAMES = { "hash-file": "hash-file-name" };
const DEFAULTS = { "hash-file-name": "hash.txt" };
// Says how the server runs, so the build has nothing like it.
const RUNNING = ["env"];

const HEADER = "[[workspace.metadata.leptos]]";
const root = new URL("../..", import.meta.url).pathname;

test("the server's Leptos options are those of the build", () => {
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version=1"], { cwd: root, maxBuffer: 1 << 26 });
  const [build] = JSON.parse(metadata).metadata.leptos;
  const options = readOptions(readFileSync(`${root}/Leptos.toml`, "utf8"));
  assert.ok(options["output-name"], "Leptos.toml names the output");
  for (const [key, value] of Object.entries(options).filter(([key]) => !RUNNING.includes(key))) {
    const name = NAMES[key] ?? key;
    assert.equal(value, build[name] ?? DEFAULTS[name], `${key} in Leptos.toml, ${name} in Cargo.toml`);
  }
});

/** Strings, numbers and booleans, one a line: all that Leptos.toml may hold. */
function readOptions(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
  assert.equal(lines.shift(), HEADER, "Leptos looks for this header first");
  return Object.fromEntries(
    lines.map((line) => {
      const [, key, value] = line.match(/^([a-z-]+) = (.+)$/) ?? assert.fail(`not an option: ${line}`);
      return [key, JSON.parse(value)];
    }),
  );
}
