// The service worker. It keeps the built files of its version, so that a second visit asks for none of them, and the
// rooms that were opened last, so that they can be read without a network.
//
// A version's files have names that are never used again, and each version has a cache of its own. A page of an
// older version, still open when this worker takes over, finds its files in the older cache.
//
// What a page shows is for one person. The server names that person in `natter-viewer`, and only such pages are kept;
// as soon as an answer names another one, or nobody, what is there is forgotten.

import { ExpirationPlugin } from "workbox-expiration";
import { enable as enablePreload } from "workbox-navigation-preload";
import { PrecacheController, PrecacheRoute } from "workbox-precaching";
import { registerRoute, setCatchHandler } from "workbox-routing";
import { NetworkFirst, NetworkOnly } from "workbox-strategies";

// Set by the asset step: the files as { url, revision }, and a name for all of them together.
const FILES = __FILES__;
const VERSION = __VERSION__;

const ASSETS = "natter-assets-";
const ROOMS = "natter-rooms";
const HISTORY = "natter-history";
const OFFLINE = "/offline";
const NOBODY = "nobody";

// This version's files and those of so many before it.
const VERSIONS_KEPT = 3;
const ROOMS_KEPT = 30;
const HISTORY_PAGES_KEPT = 100;
const KEPT_S = 30 * 24 * 60 * 60;
// After this a page that is kept is shown rather than waited for. It catches up by itself.
const PATIENCE_S = 3;

const ROOM = /^\/(rooms|direct)\/[^/]+$/;

// --- the files of this version -----------------------------------------------------------------

const assets = new PrecacheController({ cacheName: ASSETS + VERSION });
assets.addToCacheList(FILES);
self.addEventListener("install", (event) => assets.install(event));
registerRoute(new PrecacheRoute(assets, { directoryIndex: null, cleanURLs: false, ignoreURLParametersMatching: [] }));

// Another version's files: of an older one, whose page is still open, or of a newer one, whose worker is not here yet.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname.startsWith("/pkg/"),
  async ({ request }) => (await caches.match(request)) ?? fetch(request),
);

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const versions = (await caches.keys()).filter((name) => name.startsWith(ASSETS));
  // In the order in which they came.
  const old = versions.filter((name) => name !== ASSETS + VERSION).slice(0, -(VERSIONS_KEPT - 1));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

enablePreload();

// --- pages -------------------------------------------------------------------------------------

const viewer = (response) => response?.headers.get("natter-viewer");

/** Keeps pages of one person only. Answers that the browser asked for ahead pass by `fetchDidSucceed`. */
const personal = {
  async handlerWillRespond({ response }) {
    await meet(viewer(response));
    return response;
  },
  async cacheWillUpdate({ response }) {
    const named = viewer(response);
    await meet(named);
    return response.status === 200 && !response.redirected && named && named !== NOBODY ? response : null;
  },
};

// One after the other: what one of them lets go of, the next one does not find.
let met = Promise.resolve();

/** An answer is for `now`; what was kept for anybody else is forgotten. */
function meet(now) {
  if (!now) return met;
  met = met.then(async () => {
    const cache = await caches.open(ROOMS);
    const [one] = await cache.keys();
    const before = one && viewer(await cache.match(one));
    if (now === NOBODY || (before && before !== now)) await forget();
  });
  return met;
}

async function forget() {
  await Promise.all([ROOMS, HISTORY].map((name) => caches.delete(name)));
}

const keep = (maxEntries) => new ExpirationPlugin({ maxEntries, maxAgeSeconds: KEPT_S, purgeOnQuotaError: true });

const rooms = new NetworkFirst({
  cacheName: ROOMS,
  // One page a room, whether it was navigated to or fetched.
  matchOptions: { ignoreVary: true },
  networkTimeoutSeconds: PATIENCE_S,
  plugins: [personal, keep(ROOMS_KEPT)],
});

const isPage = ({ request }) => request.mode === "navigate";
// Within the page, too, rooms are switched by their pages (app/src/live/browser/enter.rs).
registerRoute(({ url, sameOrigin }) => sameOrigin && ROOM.test(url.pathname) && !url.search, rooms);
registerRoute(isPage, new NetworkOnly({ plugins: [personal] }));
// A form without a network gets an answer too; going back finds the form as it was.
registerRoute(isPage, new NetworkOnly(), "POST");

setCatchHandler(async ({ request, url }) => {
  if (!isPage({ request })) return Response.error();
  if (request.method === "GET") {
    const cache = await caches.open(ROOMS);
    const room = await cache.match(url.pathname, { ignoreVary: true });
    if (room) return room;
    // Whoever opens the program gets where they were last.
    const last = url.pathname === "/" && (await cache.keys()).at(-1);
    if (last) return Response.redirect(last.url);
  }
  return (await assets.matchPrecache(OFFLINE)) ?? Response.error();
});

// --- what the live part asks for ---------------------------------------------------------------

// The newest messages are never kept here: they are in the page, or the page knows them better.
registerRoute(
  ({ url, sameOrigin }) => sameOrigin && url.pathname === "/api/messages" && /[?&](before|after|around)=/.test(url.search),
  new NetworkFirst({ cacheName: HISTORY, plugins: [{ cacheWillUpdate }, keep(HISTORY_PAGES_KEPT)] }),
);

async function cacheWillUpdate({ response }) {
  return response.status === 200 ? response : null;
}

// --- what pages ask of the worker --------------------------------------------------------------

self.addEventListener("message", (event) => {
  const { apply, has, keep } = event.data ?? {};
  if (apply) self.skipWaiting();
  if (has) event.ports[0].postMessage(FILES.some(({ url }) => url === has));
  if (keep && ROOM.test(keep)) event.waitUntil(keepRoom(keep, event));
});

async function keepRoom(path, event) {
  await Promise.allSettled(rooms.handleAll({ request: new Request(path), event }));
}

// --- what is told while no page is open --------------------------------------------------------

self.addEventListener("push", (event) => {
  const { title, body, url, tag } = event.data?.json() ?? {};
  if (!title) return;
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: "/icons/any-192.png", data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goTo(event.notification.data?.url));
});

/** Shows a page of this site: in the window that is there, or in a new one. */
async function goTo(path = "/") {
  const url = new URL(path, self.location.origin);
  if (url.origin !== self.location.origin) return;
  const [open] = await self.clients.matchAll({ type: "window" });
  if (!open) return void (await self.clients.openWindow(url));
  await open.focus();
  // A page that this worker is not in charge of cannot be sent elsewhere.
  await open.navigate(url).catch(() => self.clients.openWindow(url));
}
