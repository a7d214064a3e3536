// Bundles what a page needs to go on without a network: `pkg/offline.HASH.js`, which pages load once they are shown;
// `pkg/upload.HASH.js`, which that loads when somebody brings a file; what a page attends to, `pkg/attention.HASH.js`,
// which it loads when it has nothing else to do, and `pkg/suggest.HASH.js`, `pkg/thread.HASH.js` and `pkg/around.HASH.js`,
// which that loads when somebody begins a name, opens a thread and on pages around the rooms; and the service worker `sw.js` with the list of the files that it keeps.
import { createHash } from "node:crypto";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = (name) => fileURLToPath(new URL(`../../offline/${name}`, import.meta.url));

// What a build leaves in pkg that no page loads: declarations of types, and this step's own earlier outcome.
const LEFT_OVER = /^pkg\/(.*\.d\..*ts|(offline|attention|thread|around|suggest|upload)\..*\.js)(\.br|\.gz)?$/;
// Under such a name a file never changes.
const FOREVER = /^pkg\/.*\.[\w-]{22}\.(js|wasm|css)$/;
const CHANGING = /^(favicon\.svg|manifest\.webmanifest|emoji\.txt|icons\/[\w-]+\.png)$/;
// The page for when there is nothing else; the server makes it.
const OFFLINE = "/offline";

export async function buildOffline(site) {
  for (const name of await filesIn(site)) if (LEFT_OVER.test(name)) await rm(join(site, name));
  const put = async (name, entry, define = {}) => {
    const code = await bundle(entry, { format: "esm", define });
    const file = `${name}.${short(code, "base64url", 22)}.js`;
    await writeFile(join(site, "pkg", file), code);
    return file;
  };
  const upload = `pkg/${await put("upload", "upload.js")}`;
  await put("offline", "page.js", { __UPLOAD__: JSON.stringify(`/${upload}`) });
  const around = `pkg/${await put("around", "around.js")}`;
  const suggest = `pkg/${await put("suggest", "suggest.js")}`;
  const thread = `pkg/${await put("thread", "thread.js")}`;
  await put("attention", "attention.js", {
    __AROUND__: JSON.stringify(`/${around}`),
    __SUGGEST__: JSON.stringify(`/${suggest}`),
    __THREAD__: JSON.stringify(`/${thread}`),
  });
  const files = await filesToKeep(site);
  const version = short(JSON.stringify(files), "hex", 12);
  const define = { __FILES__: JSON.stringify(files), __VERSION__: JSON.stringify(version) };
  await writeFile(join(site, "sw.js"), await bundle("worker.js", { format: "iife", define }));
}

async function bundle(name, { format, define }) {
  const { outputFiles } = await build({
    entryPoints: [source(name)],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: "es2022",
    legalComments: "none",
    loader: { ".css": "text" },
    // Workbox tells a developer's build from one for people by this.
    define: { "process.env.NODE_ENV": '"production"', ...define },
  });
  return outputFiles[0].contents;
}

async function filesToKeep(site) {
  const names = (await filesIn(site)).filter((name) => FOREVER.test(name) || CHANGING.test(name));
  const files = await Promise.all(names.map(async (name) => ({
    url: `/${name}`,
    revision: FOREVER.test(name) ? null : short(await readFile(join(site, name)), "hex", 12),
  })));
  // The page has the style inside, and the style is one of the files.
  return [...files, { url: OFFLINE, revision: short(JSON.stringify(files), "hex", 12) }];
}

async function filesIn(site) {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(site.replace(/\/+$/, "").length + 1)).sort();
}

const short = (bytes, encoding, length) => createHash("sha256").update(bytes).digest(encoding).slice(0, length);
