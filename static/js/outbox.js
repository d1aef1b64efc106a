// What a running exam still has to tell the server: kept in the browser's storage and sent one by one, in order.
//
// An entry is all that waits for one question:
//   saves      mostly one answer; two where the first was sent and has no receipt yet. The first then goes out again under its own
//              id, so that it counts once, and its receipt names the revision that the next is based on
//   flagged, struck, spent_ms    the last word counts
//   conflict   what the server holds instead, until the learner has chosen
// Entries belong to one tab, because two tabs conflict by revision as two devices do. What a closed tab left behind is adopted.

const WAITS_MS = [1000, 2000, 4000, 8000, 15000];
const PATIENCE_MS = 12000;
const ORPHAN_MS = 30000;
const OLD_MS = 30 * 24 * 3600 * 1000;
const TROUBLES = { 401: "signed-out", 403: "untrusted", 404: "stranger" };
const SHELF = "exam-outbox";

// -- storage ----------------------------------------------------------------------------------------------------------

const memory = new Map(); // Where the browser has no storage for us.

function write(key, entry) {
  const text = JSON.stringify(entry);
  try {
    localStorage.setItem(key, text);
    memory.delete(key);
  } catch {
    memory.set(key, text);
  }
}

function read(key) {
  try {
    return JSON.parse(memory.get(key) ?? localStorage.getItem(key));
  } catch {
    return null;
  }
}

function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {} // Nothing was kept there.
}

function keys() {
  let stored = [];
  try {
    stored = Object.keys(localStorage);
  } catch {} // The memory is all there is.
  return [...new Set([...stored, ...memory.keys()])].filter((key) => key.startsWith(`${SHELF}/`));
}

function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// -- tabs -------------------------------------------------------------------------------------------------------------

/** This tab's name: it survives reloads, and a duplicated tab gets its own. */
async function claimTab() {
  let tab = null;
  try {
    tab = sessionStorage.getItem(SHELF);
  } catch {} // Then the name lasts as long as the page.
  if (tab && (await hold(tab))) return tab;
  tab = freshId();
  try {
    sessionStorage.setItem(SHELF, tab);
  } catch {}
  await hold(tab);
  return tab;
}

/** Hold the lock that says this tab lives. The page before this one may need a moment to let go of it. */
function hold(tab) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const alive = () => {
      resolve(true);
      return new Promise((release) => addEventListener("pagehide", release, { once: true }));
    };
    navigator.locks.request(`${SHELF}/${tab}`, { signal: AbortSignal.timeout(1000) }, alive).catch(() => resolve(false));
  });
}

/** Whether an entry's tab is gone. Without locks (plain http on a school's network) an entry that rests for long counts as left. */
async function orphanTest() {
  const locks = await navigator.locks?.query().catch(() => null);
  if (!locks) return (tab, entry) => Date.now() - entry.at > ORPHAN_MS;
  const living = new Set([...locks.held, ...locks.pending].map((lock) => lock.name));
  return (tab) => !living.has(`${SHELF}/${tab}`);
}

// -- sending ----------------------------------------------------------------------------------------------------------

/** POST a form and read the JSON answer. Throws where the server cannot be reached; a redirect means: sign in first. */
export async function post(url, body, { keepalive = false } = {}) {
  const sent = performance.now();
  const response = await fetch(url, {
    method: "POST", body, keepalive, redirect: "manual", signal: keepalive ? undefined : AbortSignal.timeout(PATIENCE_MS),
    headers: { Accept: "application/json", "X-CSRFToken": document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? "" },
  });
  if (response.type === "opaqueredirect") return { status: 401, facts: {} };
  const facts = await response.json().catch(() => ({}));
  return { status: response.status, facts: { ...facts, sent } };
}

function saveBody(save) {
  const body = new URLSearchParams({ revision: save.revision, save_id: save.save_id, spent_ms: save.spent_ms ?? 0 });
  for (const letter of save.answer) body.append("answer", letter);
  return body;
}

function marksBody(entry) {
  const body = new URLSearchParams({ spent_ms: entry.spent_ms ?? 0 });
  if (entry.flagged !== undefined) body.set("flagged", entry.flagged ? "1" : "0");
  if (entry.struck !== undefined) for (const letter of entry.struck.length ? entry.struck : [""]) body.append("struck", letter);
  return body;
}

/** The time of the visit goes out with an answer's first sending, and only then. */
function start(entry, save) {
  save.tried = true;
  if (save.spent_ms !== undefined) return;
  save.spent_ms = entry.spent_ms ?? 0;
  delete entry.spent_ms;
}

const hasMarks = (entry) => entry.flagged !== undefined || entry.struck !== undefined || entry.spent_ms > 0;

/** The answers that may go out, each with the revision it will meet if the one before arrives. */
function chain(entry) {
  if (entry.conflict) return [];
  let revision = entry.saves[0]?.revision;
  return entry.saves.map((save) => ({ ...save, revision: revision++ }));
}

export class Outbox {
  /** "" or why nothing goes out: "offline", "unable", "signed-out", "untrusted", "stranger". */
  trouble = "";
  #attempt;
  #on;
  #tab;
  #sending = null;
  #failures = 0;
  #timer = 0;

  /** `on` is told: change(), receipt(position, facts), conflict(position), closed(sentence), refused(sentence). */
  constructor(attempt, on) {
    this.#attempt = attempt;
    this.#on = on;
    this.ready = claimTab().then((tab) => {
      this.#tab = tab;
      return this.adopt();
    });
  }

  /** Whether this tab has its name: before that nothing can be kept. */
  get isOpen() {
    return this.#tab !== undefined;
  }

  /** Whether what waits outlives the tab. */
  get isDurable() {
    return memory.size === 0;
  }

  // What waits

  entry(position) {
    return read(this.#key(position));
  }

  /** Everything that waits in this tab, the oldest first. */
  entries() {
    const mine = this.#key("");
    return keys().filter((key) => key.startsWith(mine)).map(read).filter(Boolean).sort((a, b) => a.since - b.since);
  }

  /** How many questions have an answer that the server does not have yet. */
  get unsaved() {
    return this.entries().filter((entry) => entry.saves.length && !entry.conflict).length;
  }

  get conflicts() {
    return this.entries().filter((entry) => entry.conflict);
  }

  /** The answers that a hand-in takes along. */
  waiting() {
    return this.entries().flatMap((entry) =>
      chain(entry).map(({ answer, revision, save_id }) => ({ position: entry.position, answer, revision, save_id })));
  }

  // What comes in

  /** Keep an answer; `place` has position and url, `revision` is the one that the page knows. */
  answer(place, letters, revision) {
    this.#edit(place, (entry) => {
      const last = entry.saves.at(-1);
      if (last && !last.tried) Object.assign(last, { answer: letters, save_id: freshId() });
      else entry.saves.push({ answer: letters, revision: last ? null : revision, save_id: freshId() });
    });
    this.drain();
  }

  /** Keep `flagged` or `struck` of a question. */
  mark(place, marks) {
    this.#edit(place, (entry) => Object.assign(entry, marks));
    this.drain();
  }

  /** Keep the time of a visit; it goes out with the next that does. */
  spend(place, ms) {
    this.#edit(place, (entry) => { entry.spent_ms = (entry.spent_ms ?? 0) + ms; });
  }

  /** The learner chose between two answers. */
  settle(place, keepMine) {
    this.#edit(place, (entry) => {
      const mine = entry.saves.at(-1);
      entry.saves = keepMine ? [{ answer: mine.answer, revision: entry.conflict.revision, save_id: freshId() }] : [];
      delete entry.conflict;
    });
    this.drain();
  }

  clear() {
    for (const entry of this.entries()) remove(this.#key(entry.position));
  }

  // What goes out

  /** Send what waits, one at a time. Resolves when nothing is left or nothing goes out. */
  drain() {
    this.#sending ??= this.#run();
    return this.#sending;
  }

  /** The same, for at most `ms`. True when every answer has its receipt. */
  async flush(ms) {
    await Promise.race([this.drain(), new Promise((late) => setTimeout(late, ms))]);
    return this.unsaved === 0;
  }

  /** The page goes away: hand everything to the browser at once. Receipts are read when the exam is opened again. */
  sendNow() {
    for (const place of this.entries()) {
      this.#edit(place, (entry) => {
        if (!entry.conflict) entry.saves.forEach((save) => start(entry, save));
        const bodies = [...chain(entry).map(saveBody), ...(hasMarks(entry) ? [marksBody(entry)] : [])];
        for (const body of bodies) post(entry.url, body, { keepalive: true }).catch(() => {});
        delete entry.spent_ms; // A visit's time may be lost on a dead link; it must not be counted twice.
      });
    }
  }

  /** Somebody else found the server reachable, or not. */
  reached(ok) {
    if (!ok) this.trouble ||= "offline";
    else if (this.trouble === "offline") this.trouble = "";
    this.#on.change();
    if (ok) this.drain();
  }

  /** Try at once again: the link is back, or the learner is. */
  async retry() {
    await this.ready;
    await this.adopt();
    await this.drain();
  }

  /** Take over what closed tabs of this browser left. A question of which this tab has a change itself is left for later. */
  async adopt() {
    const orphaned = await orphanTest();
    for (const key of keys()) {
      const [, attempt, tab, position] = key.split("/");
      const entry = read(key);
      if (!entry || Date.now() - entry.at > OLD_MS) remove(key);
      else if (attempt === this.#attempt && tab !== this.#tab && orphaned(tab, entry) && !this.entry(position)) {
        write(this.#key(position), entry);
        remove(key);
      }
    }
    this.#on.change();
  }

  async #run() {
    await this.ready;
    clearTimeout(this.#timer);
    try {
      for (let entry = this.#next(); entry; entry = this.#next()) if (!(await this.#send(entry))) break;
    } finally {
      this.#sending = null;
    }
    this.#on.change();
  }

  #next() {
    return this.entries().find((entry) => (entry.saves.length && !entry.conflict) || hasMarks(entry));
  }

  /** Send one thing. True when the server had its say, whatever it was. */
  async #send(entry) {
    const isSave = entry.saves.length > 0 && !entry.conflict;
    if (isSave) entry = this.#edit(entry, (kept) => start(kept, kept.saves[0]));
    let answer;
    try {
      answer = await post(entry.url, isSave ? saveBody(entry.saves[0]) : marksBody(entry));
    } catch {
      return this.#stop("offline");
    }
    const { status, facts } = answer;
    // An answer without our own words came from something in between: a proxy, a hotel's sign-in page.
    if (facts.status === "outage") return this.#stop("unable");
    if (status >= 500 || status === 429 || TROUBLES[status] || !facts.status) return this.#stop(TROUBLES[status] ?? "offline");
    this.trouble = "";
    this.#failures = 0;
    if (isSave && facts.status === "stale") {
      this.#collide(entry, facts);
      this.#on.conflict(entry.position);
      return true;
    }
    this.#done(entry, isSave, facts);
    if (status === 200) this.#on.receipt(entry.position, facts);
    else if (facts.status === "late" || facts.status === "closed") this.#on.closed(facts.message);
    else this.#on.refused(facts.message ?? "The server could not take this change. Reload the page and choose again.");
    return true;
  }

  #collide(place, { theirs, revision, saved_at }) {
    this.#edit(place, (entry) => {
      entry.conflict = { theirs, revision, saved_at };
      entry.saves = [{ ...entry.saves.at(-1), tried: false }];
    });
  }

  #done(sent, isSave, facts) {
    this.#edit(sent, (entry) => {
      if (isSave) {
        const done = entry.saves.shift();
        if (entry.saves.length) entry.saves[0].revision = facts.revision ?? done.revision;
        return;
      }
      for (const name of ["flagged", "struck"]) if (JSON.stringify(entry[name]) === JSON.stringify(sent[name])) delete entry[name];
      entry.spent_ms = Math.max(0, (entry.spent_ms ?? 0) - (sent.spent_ms ?? 0));
    });
  }

  #stop(trouble) {
    this.trouble = trouble;
    const wait = WAITS_MS[Math.min(this.#failures++, WAITS_MS.length - 1)];
    this.#timer = setTimeout(() => this.drain(), wait * (1 + Math.random() / 4));
    return false;
  }

  #key(position) {
    return `${SHELF}/${this.#attempt}/${this.#tab}/${position}`;
  }

  #edit({ position, url }, change) {
    const entry = this.entry(position) ?? { position, url, since: Date.now(), saves: [] };
    change(entry);
    entry.at = Date.now();
    if (entry.saves.length || hasMarks(entry)) write(this.#key(position), entry);
    else remove(this.#key(position));
    this.#on.change();
    return entry;
  }
}
