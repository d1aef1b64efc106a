// Which lessons this device keeps: keeps the one that is open, shows what is there, keeps all of them, and removes them again.
const reader = document.querySelector("[data-keep]");
const card = document.querySelector("[data-shelf]");
const lines = [...document.querySelectorAll("[data-copy]")];

const plural = (count) => `${count} lesson${count === 1 ? "" : "s"}`;
const size = (bytes) => (bytes < 950_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Ask the worker; `step` hears of each lesson that came. Resolves with { kept, bytes } or { failed }. */
async function ask(question, step = () => {}) {
  const { active } = await navigator.serviceWorker.ready;
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      if (!data.done) return step(data);
      port1.close();
      return done(data);
    };
    active.postMessage(question, [port2]);
  });
}

// -- the card on the page of all lessons ------------------------------------------------------------------------------

const part = (name) => card.querySelector(`[data-${name}]`);

function show({ kept = [], bytes = 0, failed = false }, undone = false) {
  const there = new Set(kept);
  for (const line of lines) line.querySelector("[data-here]").hidden = !there.has(line.dataset.copy);
  const missing = lines.filter((line) => !there.has(line.dataset.copy)).length;
  let words = "No lesson is kept on this device yet. Each one that you open will be.";
  if (kept.length) words = `${missing ? `${plural(kept.length)} of ${lines.length}` : `All ${lines.length} lessons`} can be read on this device offline (${size(bytes)}).`;
  if (undone) words = "The lessons were removed from this device. Each one that you open from now on is kept again.";
  if (failed) words = `The server could not be reached for all of them. ${words} Try again when the connection is better.`;
  part("state").textContent = words;
  part("all").hidden = missing === 0;
  part("none").hidden = kept.length === 0;
  part("bar").hidden = true;
}

async function keepAll() {
  part("all").disabled = true;
  const bar = part("bar");
  bar.hidden = false;
  bar.max = lines.length;
  bar.value = 0;
  part("state").textContent = "Keeping the lessons …";
  const answer = await ask({ keep: lines.map((line) => line.dataset.copy) }, ({ count }) => { bar.value = count; });
  show(answer.failed ? { ...(await ask({ list: true })), failed: true } : answer);
  part("all").disabled = false;
}

if ("serviceWorker" in navigator && "caches" in window) {
  if (reader && !navigator.connection?.saveData) ask({ keep: [reader.dataset.keep] });
  if (card) {
    card.hidden = false;
    card.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (event.submitter?.value === "none") show(await ask({ forget: true }), true);
      else await keepAll();
      part("state").focus();
    });
    ask({ list: true }).then(show);
  }
}

// -- the page that stands where another one cannot be fetched ---------------------------------------------------------

/** For so long a link has to last. */
const SETTLED_MS = 500;

async function readable() {
  const there = new Set();
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) there.add(new URL(url).pathname);
  }
  for (const line of lines) line.hidden = !there.has(line.dataset.copy);
  const some = lines.some((line) => !line.hidden);
  document.querySelector("[data-some]").hidden = !some;
  document.querySelector("[data-empty]").hidden = some;
}

if (document.querySelector("[data-away]")) {
  if ("caches" in window) readable();
  // A link that comes and goes again is none yet, and whoever goes elsewhere meanwhile is not called back.
  addEventListener("online", () => setTimeout(() => navigator.onLine && location.reload(), SETTLED_MS));
}
