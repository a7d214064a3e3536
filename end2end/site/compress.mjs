// Beside every file that shrinks: NAME.br and NAME.gz, so that the server never compresses an asset
// and serves the smallest form there is.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const SHRINKS = /\.(css|html|ico|js|json|map|mjs|svg|ttf|txt|wasm|webmanifest|xml)$/;
const TEXT = /\.(?!ico|ttf|wasm)\w+$/;
const COMPRESSED = /\.(br|gz)$/;

const ENCODERS = {
  br: (bytes, name) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_MODE]: TEXT.test(name) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

/** Compresses a folder; gives `{ name, raw, br, gz }` in bytes for each file, by name. */
export async function compressSite(site) {
  const names = (await filesIn(site)).filter((name) => !COMPRESSED.test(name));
  return Promise.all(names.map((name) => compressFile(site, name)));
}

async function filesIn(site) {
  const entries = await readdir(site, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
    .sort();
}

async function compressFile(site, name) {
  const path = join(site, name);
  const bytes = await readFile(path);
  const sizes = { name, raw: bytes.length };
  for (const [ending, encode] of Object.entries(ENCODERS)) {
    const smaller = SHRINKS.test(name) ? await encode(bytes, name) : bytes;
    if (smaller.length < bytes.length) {
      await writeFile(`${path}.${ending}`, smaller);
      sizes[ending] = smaller.length;
    } else {
      // One left by an earlier build would be served instead of the file.
      await rm(`${path}.${ending}`, { force: true });
      sizes[ending] = bytes.length;
    }
  }
  return sizes;
}
