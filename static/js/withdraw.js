// The worker of a site that does not keep lessons any more: it takes away what another version kept, and then itself.
addEventListener("install", () => self.skipWaiting());

addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  for (const name of await caches.keys()) if (name.startsWith("besa-")) await caches.delete(name);
  await self.registration.unregister();
}
