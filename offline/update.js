// The service worker as a page sees it: it is registered once the page is alive, and a newer one is announced, not
// forced on anybody. A page keeps to the version that it began with until it is loaded again.

// A page that stays open asks for a newer version when something happens, but not more often, in milliseconds.
const PAUSE = 60 * 1000;

let registration;
let asked = 0;

/** Registers the worker. `own` is a file of this page's version. */
export async function register(own) {
  const worker = navigator.serviceWorker;
  if (!worker) return;
  const first = !worker.controller;
  registration = await worker.register("/sw.js", { updateViaCache: "none" });
  asked = Date.now();
  if (first) {
    // This page was loaded before there was anybody to keep it.
    await worker.ready;
    keepPage(location.pathname);
    return;
  }
  const look = () => registration.waiting && meet(registration.waiting, own);
  const follow = () => registration.installing?.addEventListener("statechange", look);
  registration.addEventListener("updatefound", follow);
  follow();
  look();
}

/** Asks for a newer version, after a while. */
export function lookForUpdate() {
  if (!registration || Date.now() < asked + PAUSE) return;
  asked = Date.now();
  registration.update().catch(() => {});
}

/** Has the worker keep a room's page, for when there is no network. */
export async function keepPage(path) {
  const ready = await navigator.serviceWorker?.ready;
  ready?.active?.postMessage({ keep: path });
}

/** A newer worker waits. If this page is of its version already, nobody needs to hear of it. */
async function meet(worker, own) {
  if (await ask(worker, { has: own })) return worker.postMessage({ apply: true });
  const bar = document.querySelector("#update");
  if (!bar) return;
  bar.hidden = false;
  bar.querySelector("button").onclick = () => {
    // Another page may have let it take over.
    if (worker.state !== "installed") return location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    worker.postMessage({ apply: true });
  };
}

const ask = (worker, question) =>
  new Promise((answer) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => answer(data);
    worker.postMessage(question, [port2]);
  });
