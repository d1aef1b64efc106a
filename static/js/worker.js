// The service worker: where a page cannot be fetched it shows the copy of a lesson that this device keeps, or says what can be read.
// It keeps nothing else. What is sent is never touched, and a page always comes from the server when there is one.
// `self.shelf` was set by the script that brought this one: { version, page, files }. Each version has a cache of its own.
const { version, page, files } = self.shelf;
const PREFIX = "besa-";
const NAME = `${PREFIX}${version}`;
const COPY = /^\/lessons\/[\w-]+\/offline\/$/;
const LESSON = /^\/lessons\/[\w-]+\/$/;

addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(Promise.all([fill(), letPass(event)]));
});

addEventListener("activate", (event) => event.waitUntil(takeOver()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(visit(event, pathname));
  else if (files.includes(pathname)) event.respondWith(fetch(request).catch(async () => (await kept(pathname)) ?? Response.error()));
});

addEventListener("message", (event) => {
  const [port] = event.ports;
  const answer = (facts) => port?.postMessage(facts);
  event.waitUntil(handle(event.data, answer).catch(() => answer({ failed: true, done: true })));
});

// -- what it keeps ----------------------------------------------------------------------------------------------------

/** All that this version needs, before it takes over; should anything be missing, the version before it stays. */
async function fill() {
  const cache = await caches.open(NAME);
  await cache.addAll([new Request(page, { credentials: "omit", cache: "no-cache" }), ...files]);
  for (const address of await copies()) await keep(cache, address);
}

/** Fetch a copy as nobody in particular. A lesson that is gone is let go; a link that breaks throws. */
async function keep(cache, address) {
  const response = await fetch(address, { credentials: "omit", cache: "no-cache" });
  if (response.ok && !response.redirected) await cache.put(address, response);
  else if (response.status >= 500) throw new Error(`${address}: ${response.status}`);
}

async function takeOver() {
  await self.clients.claim();
  await self.registration.navigationPreload?.enable();
  const cache = await caches.open(NAME);
  for (const address of await copies()) {
    if (!(await cache.match(address))) await keep(cache, address).catch(() => {}); // Kept while this version was being fetched.
  }
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
}

/** The addresses of all copies, of every version. */
async function copies() {
  const found = new Set();
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue;
    for (const { url } of await (await caches.open(name)).keys()) {
      const { pathname } = new URL(url);
      if (COPY.test(pathname)) found.add(pathname);
    }
  }
  return [...found];
}

// -- what it shows ----------------------------------------------------------------------------------------------------

async function visit(event, pathname) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    const copy = LESSON.test(pathname) ? await kept(`${pathname}offline/`) : COPY.test(pathname) && (await kept(pathname));
    return copy || (await kept(page)) || Response.error();
  }
}

const kept = async (address) => (await caches.open(NAME)).match(address);

/** What is sent, and all that an exam asks for, need not wait for this worker to wake: where the browser can be told so, it is. */
async function letPass(event) {
  if (!event.addRoutes) return;
  await event.addRoutes([
    { condition: { requestMethod: "POST" }, source: "network" },
    { condition: { urlPattern: new URLPattern({ pathname: "/attempts/*" }), requestMode: "cors" }, source: "network" },
  ]).catch(() => {});
}

// -- what pages ask ---------------------------------------------------------------------------------------------------

async function handle({ keep: wanted, forget, list }, answer) {
  const cache = await caches.open(NAME);
  if (forget) for (const address of await copies()) await cache.delete(address);
  if (wanted) {
    const addresses = wanted.filter((address) => COPY.test(address));
    for (const [n, address] of addresses.entries()) {
      if (!(await cache.match(address))) await keep(cache, address);
      answer({ count: n + 1, of: addresses.length });
    }
  }
  if (wanted || forget || list) answer({ done: true, ...(await inventory(cache)) });
}

async function inventory(cache) {
  const kept = [];
  let bytes = 0;
  for (const address of await copies()) {
    const response = await cache.match(address);
    if (!response) continue;
    kept.push(address);
    bytes += (await response.blob()).size;
  }
  return { kept, bytes };
}
