// Gives the main script, its WebAssembly and the loader of chunks names that follow from what they hold.
//
// They name each other, and cargo-leptos hashes them before it writes those names into them. So two builds that differ
// in their chunks alone would give one name to different contents, and a browser that keeps hashed files for ever would
// mix the two. Here the three share one hash, taken over all of them without the names.
import { createHash } from "node:crypto";
import { access, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FAMILY = { js: (hash) => `natter.${hash}.js`, wasm: (hash) => `natter.${hash}.wasm`, split: (hash) => `__wasm_split.${hash}.js` };
const BLANK = "_".repeat(22);

/** The paths of the three, by their kind; nothing where there is no such file. */
export async function familyOf(site, hashes) {
  const text = await readHashes(hashes);
  const known = text && Object.fromEntries(text.trim().split("\n").map((line) => line.split(": ")));
  return known && Object.fromEntries(Object.entries(FAMILY).map(([kind, name]) => [kind, join(site, "pkg", name(known[kind]))]));
}

const readHashes = (hashes) => access(hashes).then(() => readFile(hashes, "utf8"), () => undefined);

/** `hashes` is the file beside the server's binary from which it learns the names: a kind and its hash a line. */
export async function nameByContent(site, hashes) {
  const text = await readHashes(hashes);
  if (!text) return;
  const before = Object.fromEntries(text.trim().split("\n").map((line) => line.split(": ")));
  const known = Object.keys(FAMILY).map((kind) => before[kind]);
  const named = (hash) => (content) => known.reduce((content, old) => content.replaceAll(old, hash), content);
  const paths = Object.entries(FAMILY).map(([kind, name]) => [join(site, "pkg", name(before[kind])), name]);
  // Every byte as a character: a name is as long as any other, so it may be exchanged in compiled code too.
  const contents = await Promise.all(paths.map(([path]) => readFile(path, "latin1")));
  const digest = createHash("sha256");
  contents.map(named(BLANK)).forEach((content) => digest.update(content, "latin1"));
  const hash = digest.digest("base64url").slice(0, BLANK.length);
  for (const [place, [path, name]] of paths.entries()) {
    await writeFile(path, named(hash)(contents[place]), "latin1");
    await rename(path, join(site, "pkg", name(hash)));
    // Left by an earlier run, under the name that is gone.
    for (const ending of ["br", "gz"]) await rm(`${path}.${ending}`, { force: true });
  }
  const after = text.replace(/^(js|wasm|split): .*$/gm, (_, kind) => `${kind}: ${hash}`);
  await writeFile(hashes, after);
}
