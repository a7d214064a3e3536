import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { compressSite } from "./compress.mjs";
import { nameByContent } from "./names.mjs";
import { loadLate, shorten } from "./lighten.mjs";
import { buildOffline } from "./offline.mjs";
import { weigh } from "./budget.mjs";

const run = promisify(execFile);
const exists = (path) => access(path).then(() => true, () => false);
const script = "export const word = 'natter';\n".repeat(200);

let folder;
let site;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "natter-site-"));
  site = join(folder, "site");
  await mkdir(join(site, "pkg"), { recursive: true });
  await writeFile(join(site, "pkg/natter.abc.js"), script);
  await writeFile(join(site, "pkg/__wasm_split.abc.js"), script);
  await writeFile(join(site, "pkg/natter.abc.wasm"), Buffer.alloc(5000, 7));
  await writeFile(join(site, "pkg/natter.abc.css"), "a { color: red }\n".repeat(50));
  await writeFile(join(site, "photo.webp"), Buffer.alloc(3000));
  await writeFile(join(site, "tiny.txt"), "x");
});
after(() => rm(folder, { recursive: true, force: true }));

test("a file that shrinks gets both compressed forms, equal to itself", async () => {
  const files = await compressSite(site);
  const { raw, br, gz } = files.find(({ name }) => name === "pkg/natter.abc.js");
  assert.equal(raw, script.length);
  assert.ok(br < gz && gz < raw);
  assert.equal(brotliDecompressSync(await readFile(join(site, "pkg/natter.abc.js.br"))).toString(), script);
  assert.equal(gunzipSync(await readFile(join(site, "pkg/natter.abc.js.gz"))).toString(), script);
});

test("what is compressed already, or would grow, stays as it is and counts in full", async () => {
  await writeFile(join(site, "tiny.txt.br"), "left by an earlier build");
  const files = await compressSite(site);
  for (const name of ["photo.webp", "tiny.txt"]) {
    assert.equal(await exists(join(site, `${name}.br`)), false);
    const { raw, br } = files.find((file) => file.name === name);
    assert.equal(br, raw);
  }
});

test("a second run compresses no compressed form and finds the same", async () => {
  const first = await compressSite(site);
  assert.deepEqual(await compressSite(site), first);
  assert.equal(await exists(join(site, "pkg/natter.abc.js.br.gz")), false);
});

test("a budget adds up the files its patterns name, and a star stops at a slash", () => {
  const files = [{ name: "pkg/a.js", br: 10 }, { name: "pkg/b.js", br: 20 }, { name: "pkg/deep/c.js", br: 40 }];
  const used = (pattern) => weigh([{ name: "n", files: [pattern], brotli: 30 }], files)[0];
  assert.deepEqual([used("pkg/*.js").used, used("pkg/*.js").within], [30, true]);
  assert.deepEqual([used("pkg/**").used, used("pkg/**").within], [70, false]);
});

test("a budget whose pattern names no file fails", () => {
  const [result] = weigh([{ name: "n", files: ["pkg/x.js"], brotli: 1 }], [{ name: "pkg/xyjs", br: 0 }]);
  assert.deepEqual([result.within, result.missing], [false, ["pkg/x.js"]]);
});

test("what names each other is named by what all of it holds, under one name as long as the content is the same", async () => {
  const hashes = { js: "j".repeat(22), wasm: "w".repeat(22), split: "s".repeat(22) };
  const build = async (chunk) => {
    const other = await mkdtemp(join(folder, "build-"));
    const pkg = join(other, "pkg");
    await mkdir(pkg);
    await writeFile(join(pkg, `natter.${hashes.js}.js`), `import "./__wasm_split.${hashes.split}.js"`);
    await writeFile(join(pkg, `natter.${hashes.wasm}.wasm`), Buffer.from(`\0asm\xff__wasm_split.${hashes.split}.js`, "latin1"));
    await writeFile(join(pkg, `__wasm_split.${hashes.split}.js`), `import "./natter.${hashes.js}.js"; load("${chunk}")`);
    await writeFile(join(other, "hash.txt"), `js: ${hashes.js}\nwasm: ${hashes.wasm}\ncss: c\nsplit: ${hashes.split}\n`);
    await nameByContent(other, join(other, "hash.txt"));
    await nameByContent(other, join(other, "hash.txt"));
    const names = Object.fromEntries((await readFile(join(other, "hash.txt"), "utf8")).trim().split("\n").map((line) => line.split(": ")));
    return { names, file: (name) => readFile(join(pkg, name), "latin1") };
  };
  const [one, same, next] = [await build("chunk one"), await build("chunk one"), await build("chunk two")];
  assert.deepEqual(one.names, same.names);
  assert.notEqual(one.names.js, next.names.js, "the script is the same, but what it loads is not");
  assert.deepEqual([one.names.wasm, one.names.split, one.names.css], [one.names.js, one.names.js, "c"]);
  assert.equal(await one.file(`natter.${one.names.js}.js`), `import "./__wasm_split.${one.names.js}.js"`);
  assert.equal(await one.file(`natter.${one.names.js}.wasm`), `\0asm\xff__wasm_split.${one.names.js}.js`);
});

test("the service worker keeps the files of its build, and a page of its own", async () => {
  const [name, declaration] = ["natter.abcdefghijklmnopqrst-_.js", "natter.d.abcdefghijklmnopqrst-_.ts"].map((name) => join(site, "pkg", name));
  await Promise.all([name, declaration].map((path) => writeFile(path, script)));
  await buildOffline(site);
  const worker = await readFile(join(site, "sw.js"), "utf8");
  assert.match(worker, /url:"\/pkg\/natter\.abcdefghijklmnopqrst-_\.js",revision:null/, "a hashed file needs no revision");
  assert.match(worker, /url:"\/pkg\/offline\.[\w-]{22}\.js"/);
  assert.match(worker, /url:"\/pkg\/upload\.[\w-]{22}\.js"/);
  assert.match(worker, /url:"\/offline",revision:"\w{12}"/);
  assert.ok(!worker.includes("natter.abc.js"), "a file without a hash may change, so it is not kept");
  assert.equal(await exists(declaration), false, "no page loads declarations of types");
  await buildOffline(site);
  assert.equal(await readFile(join(site, "sw.js"), "utf8"), worker, "the same files are the same version");
  await rm(name);
  await buildOffline(site);
  assert.notEqual(await readFile(join(site, "sw.js"), "utf8"), worker);
});

test("the build fails when the first load is over its budget, and says what weighs how much", async () => {
  const finish = () => run(process.execPath, [new URL("finish.mjs", import.meta.url).pathname, site]);
  const { stdout } = await finish();
  assert.match(stdout, /ok: first load/);
  assert.match(stdout, /pkg\/natter\.abc\.wasm/);
  await writeFile(join(site, "pkg/natter.abc.wasm"), randomBytes(200_000));
  await assert.rejects(finish(), ({ code, stdout }) => code === 1 && /OVER BUDGET: first load/.test(stdout));
  const report = JSON.parse(await readFile(`${site}-sizes.json`, "utf8"));
  assert.equal(report.budgets[0].within, false);
});

// A module that imports a function from "./n" and exports another, which calls it, under two names.
function moduleOf(imported, exported, from = "./n") {
  const vec = (...items) => [items.length, ...items.flat()];
  const text = (value) => [value.length, ...Buffer.from(value)];
  const section = (kind, bytes) => [kind, bytes.length, ...bytes];
  return Buffer.from([
    ...Buffer.from("\0asm\x01\0\0\0", "latin1"),
    ...section(1, vec([0x60, 0, 1, 0x7f])),
    ...section(2, vec([...text(from), ...text(imported), 0, 0])),
    ...section(3, vec([0])),
    ...section(7, vec([...text(exported), 0, 1], [...text("Island_1"), 0, 1])),
    ...section(10, vec([4, 0, 0x10, 0, 0x0b])),
    ...section(0, [...text("custom"), 1, 2, 3]),
  ]);
}

test("names that only the script and its code know are short in both, and they still find each other", async () => {
  const [imported, exported] = ["__wbg_now_0123456789abcdef", "_ZN6invoke17hE"];
  const code = moduleOf(imported, exported);
  const script = `const $a = 1, glue = {${imported}: () => 42}; wasm.${exported}(); wasm.Island_1(); other.__wbg_ptr;`;
  const short = shorten(script, code);
  assert.ok(!short.script.includes(imported) && !short.script.includes(exported));
  assert.ok(short.script.includes("wasm.Island_1()") && short.script.includes("other.__wbg_ptr"));
  assert.ok(short.script.startsWith("const $a = 1"));
  const [, glue, called] = short.script.match(/glue = \{(.+?):.*?wasm\.(.+?)\(/);
  assert.notEqual(glue, called);
  const { instance } = await WebAssembly.instantiate(short.code, { "./n": { [glue]: () => 42 } });
  assert.equal(instance.exports[called](), 42);
  assert.equal(instance.exports.Island_1(), 42);
  assert.deepEqual(shorten(short.script, short.code), short, "a second time nothing is left to do");
});

test("the loader of chunks comes with the first chunk, and is called as if it had been there", async () => {
  const pkg = await mkdtemp(join(folder, "late-"));
  await writeFile(join(pkg, "__wasm_split.abc.mjs"), "globalThis.loaded = []; export const load_x = (...to) => loaded.push(to);");
  const path = "./__wasm_split.abc.mjs";
  const script = `let e;import*as t from"${path}";import*as _ from"${path}";export const glue=[t,_];`;
  const light = loadLate(script, moduleOf("load_x", "run", path));
  await writeFile(join(pkg, "main.mjs"), light);
  const { glue } = await import(pathToFileURL(join(pkg, "main.mjs")));
  assert.equal(globalThis.loaded, undefined);
  assert.equal(glue[1].load_x(7, 8), undefined);
  while (!globalThis.loaded?.length) await new Promise((go) => setTimeout(go, 5));
  assert.deepEqual(globalThis.loaded, [[7, 8]]);
  assert.equal(loadLate(light, moduleOf("load_x", "run", path)), light, "a second time nothing is left to do");
});
