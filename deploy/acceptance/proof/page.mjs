// What Chromium and the wire say of the page.

import { launch } from "../../../end2end/support/browser.mjs";
import { percentile } from "../verdict.mjs";
import { alone } from "./server.mjs";

const TIMES = 20;
const FRAME_MS = 1000 / 60;

// A server with a room, and somebody signed in to it: `{ server, cookie, path }`.
const place = (stage, messages = 1000) => stage.once(`page ${messages}`, async () => {
  const server = await alone(stage, { users: 20, rooms: 1, members: 20, messages });
  const body = new URLSearchParams({ username: server.people[0].username, password: server.password });
  const answer = await fetch(`${server.url}/fn/sign_in`, { method: "POST", redirect: "manual", headers: { origin: server.url }, body });
  const [cookie] = answer.headers.getSetCookie()[0].split(";");
  const { rooms } = await (await fetch(`${server.url}/api/rooms`, { headers: { cookie } })).json();
  const { slug } = rooms.reduce((a, b) => (b.last_seq > a.last_seq ? b : a));
  return { server, cookie, path: `/rooms/${slug}` };
});

async function visit({ server, cookie }, act) {
  const browser = await launch();
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const at = cookie.indexOf("=");
    await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: server.url }]);
    return await act(await context.newPage(), context);
  } finally {
    await browser.close();
  }
}

const live = (page) => page.locator("[data-testid=connection][data-state=online]").waitFor({ state: "attached" });

// In the page: follows one message from the key to where it stands, and to where it stands confirmed. A frame shows what
// is done before it and in its own callbacks; 1 is the first after the key.
function way(text) {
  const list = document.querySelector("[data-testid=messages]");
  let [frames, inFrame] = [0, false];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => (inFrame = false);
  globalThis.way = new Promise((resolve) => {
    document.activeElement.addEventListener("keydown", ({ timeStamp }) => {
      let shown = null;
      const done = (confirmed) => {
        observer.disconnect();
        port1.close();
        resolve({ shown, confirmed });
      };
      const look = () => {
        // Until it is confirmed it has no number.
        const row = [...list.querySelectorAll("[data-seq], [data-pending]")].findLast((row) => row.textContent.includes(text));
        if (!row) return;
        shown ??= frames + (inFrame ? 0 : 1);
        if (!row.hasAttribute("data-pending")) done(performance.now() - timeStamp);
      };
      const observer = new MutationObserver(look);
      observer.observe(list, { childList: true, subtree: true, attributes: true, characterData: true });
      const tick = () => {
        frames += 1;
        inFrame = true;
        port2.postMessage(0);
        if (frames < 600) requestAnimationFrame(tick);
        else done(NaN);
      };
      requestAnimationFrame(tick);
    }, { once: true, capture: true });
  });
}

// R11: each message's way onto the screen, frame by frame.
export async function ownMessage(stage) {
  const here = await place(stage);
  return visit(here, async (page) => {
    await page.goto(here.server.url + here.path);
    await live(page);
    const composer = page.getByRole("textbox", { name: "Message" });
    const seen = [];
    for (let n = 0; n < TIMES; n++) {
      await composer.fill(`message ${n} of ${stage.form}`);
      await page.evaluate(way, `message ${n} of ${stage.form}`);
      await composer.press("Enter");
      seen.push(await page.evaluate(() => globalThis.way));
    }
    const shown = (share) => percentile(seen.map(({ shown }) => shown), share);
    return { figures: { "shown after frames, p95": shown(0.95), "shown after frames, p50": shown(0.5), "confirmed, p95": percentile(seen.map(({ confirmed }) => confirmed), 0.95), "confirmed, p50": percentile(seen.map(({ confirmed }) => confirmed), 0.5) }, notes: [`a frame takes ${FRAME_MS.toFixed(1)} ms; 1 is the very frame that follows the key, and a tenth of a second is taken for “instantly”`] };
  });
}

// R12: by the bytes, and by the paint.
export async function firstMessage(stage) {
  const here = await place(stage);
  const times = [];
  let messages = 0;
  for (let n = 0; n < TIMES; n++) {
    const begun = performance.now();
    const answer = await fetch(here.server.url + here.path, { headers: { cookie: here.cookie } });
    let [text, found] = ["", NaN];
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (Number.isNaN(found) && /data-seq="\d+"/.test(text)) found = performance.now() - begun;
    }
    times.push(found);
    messages = (text.match(/data-seq="\d+"/g) ?? []).length;
  }
  const painted = await visit(here, async (page) => {
    const all = [];
    for (let n = 0; n < stage.pick(5, TIMES); n++) {
      await page.goto(here.server.url + here.path);
      all.push(await page.evaluate(() => new Promise((resolve) => {
        new PerformanceObserver((list) => {
          const first = list.getEntriesByName("first-contentful-paint")[0];
          if (first && document.querySelector("[data-seq]")) resolve(first.startTime);
        }).observe({ type: "paint", buffered: true });
        setTimeout(() => resolve(NaN), 10_000);
      })));
    }
    return all;
  });
  return { figures: { "messages in the first bytes": messages, "first message, p95": percentile(times, 0.95), "painted, p95": percentile(painted, 0.95) } };
}

// F1: what came over the wire until the room was live.
export const weight = (stage) => stage.once("weight", async () => {
  const here = await place(stage);
  return visit(here, async (page, context) => {
    const wire = await context.newCDPSession(page);
    const kinds = new Map();
    const bytes = {};
    await wire.send("Network.enable");
    wire.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
    wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const kind = kinds.get(requestId) ?? "Other";
      bytes[kind] = (bytes[kind] ?? 0) + encodedDataLength;
    });
    await page.goto(here.server.url + here.path);
    await live(page);
    await page.waitForLoadState("networkidle");
    const all = Object.values(bytes).reduce((a, b) => a + b, 0);
    const document = bytes.Document ?? 0;
    return { figures: { "scripts and code": all - document, everything: all, page: document }, notes: [`by kind: ${Object.entries(bytes).map(([kind, count]) => `${kind} ${count}`).join(", ")}`] };
  });
});

// F3: from a key or a click to the end of the next frame. Not by the browser's event timing, which ends when a picture is on a screen:
// without a screen that comes when it likes.
export async function interaction(stage) {
  const here = await place(stage);
  return visit(here, async (page) => {
    await page.addInitScript(() => {
      globalThis.took = [];
      for (const name of ["keydown", "keyup", "pointerdown", "pointerup", "click"]) {
        addEventListener(name, ({ timeStamp }) => requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => globalThis.took.push([name, performance.now() - timeStamp]);
          port2.postMessage(0);
        }), { capture: true, passive: true });
      }
    });
    await page.goto(here.server.url + here.path);
    await live(page);
    const composer = page.getByRole("textbox", { name: "Message" });
    const slowest = async () => (await page.evaluate(() => globalThis.took.splice(0))).reduce((a, b) => (b[1] > a[1] ? b : a), ["none", 0]);
    // Whoever types at once is answered while the rest of the page still comes; told apart, as a page lives longer than that.
    await composer.pressSequentially("at once ", { delay: 20 });
    await page.waitForLoadState("networkidle");
    await page.waitForTimeout(1500);
    const [, early] = await slowest();
    await composer.pressSequentially("some words that somebody types into a box", { delay: 20 });
    await composer.press("Enter");
    for (let n = 0; n < 8; n++) await page.locator("[data-seq]").nth(n % 4).click({ position: { x: 600, y: 10 } });
    await composer.click();
    await page.waitForTimeout(500);
    const [name, ms] = await slowest();
    return { figures: { INP: ms, "slowest key while it loads": early }, notes: [`slowest: ${name}`] };
  });
}

// F7: the page's HTML as it comes.
export async function head(stage) {
  const here = await place(stage);
  const html = await (await fetch(here.server.url + here.path, { headers: { cookie: here.cookie } })).text();
  const tags = (name) => html.match(new RegExp(`<${name}\\b[^>]*>`, "g")) ?? [];
  const blocking = tags("link").filter((tag) => /rel="?stylesheet/.test(tag) && !/media="?print|disabled/.test(tag));
  const fonts = tags("link").filter((tag) => /as="?font/.test(tag)).length + (html.match(/@font-face/g) ?? []).length;
  const pictures = tags("img").filter((tag) => !(/\bwidth=/.test(tag) && /\bheight=/.test(tag) && /loading="?lazy/.test(tag)));
  return {
    figures: { "blocking style sheets": blocking.length, "inline styles": tags("style").length, fonts, "pictures without size or not lazy": pictures.length },
    notes: [`${tags("img").length} pictures, ${tags("link").length} links, ${tags("script").length} scripts`, ...blocking.slice(0, 2)],
  };
}

// X6: the policy of each kind of page.
export async function policy(stage) {
  const here = await place(stage);
  const paths = ["/", "/login", "/register", here.path, "/settings", "/search?q=a"];
  let loose = 0;
  for (const path of paths) {
    const answer = await fetch(here.server.url + path, { headers: { cookie: here.cookie }, redirect: "manual" });
    await answer.arrayBuffer();
    const said = answer.headers.get("content-security-policy") ?? "";
    // WebAssembly has a word of its own.
    if (!/script-src/.test(said) || /'unsafe-inline'/.test(said) || /'unsafe-eval'/.test(said.replaceAll("'wasm-unsafe-eval'", ""))) loose += 1;
  }
  return { figures: { "pages whose policy allows inline or eval": loose, "pages asked": paths.length } };
}
