// Makes the first load of the main script and its WebAssembly lighter, without changing what they do.
//
// The names by which they know each other are shortened: wasm-bindgen makes them unique for all programs, with eight random
// bytes in each that do not compress; nobody else reads them. And the loader of chunks comes with the first chunk: the
// script as it is built would wait for it before it starts.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { familyOf } from "./names.mjs";

const IMPORTS = 2;
const EXPORTS = 7;
const CUSTOM = 0;
const HEADER = 8;
const LOADER = /^\.\/__wasm_split\./;
// Names of wasm-bindgen's making; the islands' own are in the pages too.
const LONG = /^(__wb|_ZN)/;
const FIRST = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** `hashes` is the file beside the server's binary from which it learns the names. What is light already stays. */
export async function lighten(site, hashes) {
  const family = await familyOf(site, hashes);
  if (!family) return;
  const [script, code] = [await readFile(family.js, "utf8"), await readFile(family.wasm)];
  const light = shorten(loadLate(script, code), code);
  await writeFile(family.js, light.script);
  await writeFile(family.wasm, light.code);
}

/** Gives the script so that it imports the loader of chunks when the code first asks for a chunk. */
export function loadLate(script, code) {
  const loads = new Set();
  for (const { kind, body } of sectionsOf(code)) {
    if (kind === IMPORTS) renameImports(body, (name, module) => (LOADER.test(module) && loads.add(name), name));
  }
  let first;
  return script.replace(/import\s*\*\s*as (\w+) from\s*"([^"]+)";/g, (whole, name, path) => {
    if (!LOADER.test(path)) return whole;
    if (first) return `const ${name}=${first};`;
    first = name;
    const late = [...loads].map((load) => `${load}:(...to)=>void import("${path}").then((loader)=>loader.${load}(...to))`);
    return `const ${name}={${late.join()}};`;
  });
}

/** Gives both with short names for those that stand in both. */
export function shorten(script, code) {
  const names = new Map();
  const words = new Set(script.match(/[\w$]+/g));
  let last = 0;
  // No word of the script's own, or one would become the other.
  const fresh = () => {
    const name = `$${short(last++)}`;
    return words.has(name) ? fresh() : name;
  };
  const name = (long) => {
    if (LONG.test(long) && words.has(long) && !names.has(long)) names.set(long, fresh());
    return names.get(long) ?? long;
  };
  const sections = sectionsOf(code).filter(({ kind }) => kind !== CUSTOM);
  const parts = sections.map(({ kind, body }) => {
    const read = { [IMPORTS]: renameImports, [EXPORTS]: renameExports }[kind];
    const bytes = read ? read(body, name) : body;
    return Buffer.concat([Buffer.from([kind]), number(bytes.length), bytes]);
  });
  return {
    script: script.replace(/[\w$]+/g, (word) => names.get(word) ?? word),
    code: Buffer.concat([code.subarray(0, HEADER), ...parts]),
  };
}

const short = (n) => (n < FIRST.length ? "" : short(Math.floor(n / FIRST.length) - 1)) + FIRST[n % FIRST.length];

function sectionsOf(code) {
  const reader = new Reader(code, HEADER);
  const sections = [];
  while (reader.at < code.length) {
    const kind = reader.byte();
    const length = reader.number();
    sections.push({ kind, body: reader.bytes(length) });
  }
  return sections;
}

// A list of: module, name, what it is.
function renameImports(body, name) {
  return rename(body, (reader) => {
    const module = reader.text();
    return [text(module), text(name(reader.text(), module)), reader.skip(() => reader.importType())];
  });
}

// A list of: name, what it is, its number.
function renameExports(body, name) {
  return rename(body, (reader) => [text(name(reader.text())), reader.skip(() => [reader.byte(), reader.number()])]);
}

function rename(body, entry) {
  const reader = new Reader(body, 0);
  const count = reader.number();
  const parts = [number(count)];
  for (let n = 0; n < count; n++) parts.push(...entry(reader));
  if (reader.at !== body.length) throw new Error("this WebAssembly is not as expected");
  return Buffer.concat(parts);
}

class Reader {
  constructor(bytes, at) {
    this.all = bytes;
    this.at = at;
  }

  byte() {
    return this.all[this.at++];
  }

  bytes(length) {
    this.at += length;
    return this.all.subarray(this.at - length, this.at);
  }

  number() {
    for (let [value, scale] = [0, 1]; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text() {
    return this.bytes(this.number()).toString();
  }

  /** The bytes that this passes. */
  skip(pass) {
    const start = this.at;
    pass();
    return this.all.subarray(start, this.at);
  }

  importType() {
    const kind = this.byte();
    if (kind === 0) this.number();
    else if (kind === 1) this.byte(), this.limits();
    else if (kind === 2) this.limits();
    else if (kind === 3) this.bytes(2);
    else if (kind === 4) this.byte(), this.number();
    else throw new Error(`this WebAssembly imports something unknown: ${kind}`);
  }

  limits() {
    const flags = this.number();
    this.number();
    if (flags & 1) this.number();
  }
}

function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const text = (value) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
