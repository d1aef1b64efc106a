// The exam page: saves every change, says what the server has, moves between questions, and hands in.
// outbox.js keeps and sends what waits; sheet.js reads and draws the page.
import { Outbox, post } from "./outbox.js";
import { choose, chosen, drawConflict, drawCounts, drawSteps, flag, freeze, isTouched, strike, struck, time, write } from "./sheet.js";

/** Why nothing goes out, in words, and where that can be mended. */
const TROUBLES = {
  offline: ["The server cannot be reached. {kept} and will be sent as soon as the link is back. Go on; the clock goes on too."],
  unable: ["The server answers, but it cannot save at the moment. {kept} and will be sent again by itself. Go on; the clock goes on too."],
  "signed-out": ["You are signed out in this browser. {kept} and will be sent when you are signed in again.", "Sign in", "login"],
  untrusted: ["You signed in or out in another tab, so the server does not trust this page any more. {kept} and will be sent when the page is loaded again.", "Reload the page", "here"],
  stranger: ["Someone else is signed in in this browser now. {kept} and will be sent when you are signed in again.", "Sign in", "login"],
};
const MOVE_WAIT_MS = 1000;
const SAVE_WAIT_MS = 2500;
const HAND_IN_WAIT_MS = 5000;
const PART_WAIT_MS = 10000;
const SHORT_WAIT_MS = 3000;
const AHEAD_MS = 1500;

/** What the server has said since this page was loaded: position to { revision, answer, saved_at, flagged }. */
const known = new Map();
/** Parts of pages by address, the next one fetched ahead: Next works through a short outage. */
const parts = new Map();
let closed = false;
let isUp = false;
let moving = null;
let savedAt = null;

const slot = () => document.getElementById("slot");
const sheet = () => document.getElementById("answer-form");
const place = (form) => ({ position: Number(form.dataset.position), url: form.dataset.draft });
const beside = (form, way) => new URL(way, new URL(form.getAttribute("action"), location)).pathname;
const note = (text) => write(document.querySelector("[data-note]"), text);

const outbox = new Outbox(slot().dataset.exam, { change: draw, receipt, conflict: collide, closed: close, refused: alarm });

// -- saving -----------------------------------------------------------------------------------------------------------

document.addEventListener("change", async ({ target }) => {
  const form = target.closest("#answer-form");
  if (!form || target.name !== "answer") return;
  const pick = Number(form.dataset.pick);
  if (chosen(form).length > pick) {
    target.checked = false;
    note(`Choose ${pick}. Take one back before you choose another.`);
    return;
  }
  note("");
  await outbox.ready;
  keep(form);
  if (outbox.entry(place(form).position)?.conflict) showConflict(form, { focus: false });
});

function keep(form) {
  leave(form);
  outbox.answer(place(form), chosen(form), Number(form.elements.revision.value));
}

/** Keep the time that this visit took so far. */
function leave(form = sheet()) {
  if (!form || closed || !outbox.isOpen) return;
  document.dispatchEvent(new Event("time:tick"));
  const spent = Number(form.elements.spent_ms.value);
  form.elements.spent_ms.value = 0;
  if (spent > 0) outbox.spend(place(form), spent);
}

function receipt(position, facts) {
  document.dispatchEvent(new CustomEvent("exam:receipt", { detail: facts }));
  if (facts.revision === undefined) return;
  learn(position, facts);
  savedAt = facts.saved_at;
  const form = sheet();
  if (form && place(form).position === position) apply(form);
  if (document.getElementById("hand-in")) refreshReview();
}

function learn(position, facts) {
  known.set(position, { ...known.get(position), ...facts });
}

/** Bring a question that the server drew to what is known here: a newer receipt, a change that waits. */
function apply(form) {
  const { position } = place(form);
  const revision = Number(form.elements.revision.value);
  const told = known.get(position);
  const waits = outbox.entry(position);
  if (told?.revision > revision) form.elements.revision.value = told.revision;
  if (waits?.saves.length) choose(form, waits.saves.at(-1).answer);
  else if (told?.revision > revision) choose(form, told.answer);
  else if (told?.revision < revision) form.reset(); // This change had arrived, and another device made a later one.
  if (told?.saved_at) {
    const line = form.querySelector("[data-saved-at]");
    write(line, time(told.saved_at));
    line.parentElement.hidden = false;
  }
  const flagged = waits?.flagged ?? told?.flagged;
  const out = waits?.struck ?? told?.struck;
  if (flagged !== undefined) flag(form, flagged);
  if (out) strike(form, out);
}

// -- what the page says -----------------------------------------------------------------------------------------------

function draw() {
  const waiting = new Map(outbox.entries().map((entry) => [entry.position, entry]));
  drawSteps((position) => {
    const told = known.get(position);
    const waits = waiting.get(position);
    let state;
    if (waits?.conflict) state = "conflict";
    else if (waits?.saves.length) state = "saving";
    else if (told?.answer) state = told.answer.length ? "saved" : "unanswered";
    return { state, flagged: waits?.flagged ?? told?.flagged };
  });
  drawCounts();
  const unsaved = outbox.unsaved;
  const { trouble } = outbox;
  write(document.getElementById("saved"), sayWhatIsSaved(unsaved, trouble));
  const what = ["What you choose now is", "One answer is"][unsaved] ?? `${unsaved} answers are`;
  const kept = `${what} kept ${outbox.isDurable ? "in this browser" : "in this tab, so do not close it,"}`;
  const [sentence, label, target] = TROUBLES[trouble] ?? [""];
  say("trouble", sentence.replace("{kept}", kept), label, target === "login" ? `${slot().dataset.login}?next=${here()}` : here());
  const elsewhere = outbox.conflicts.map((entry) => entry.position).filter((position) => position !== Number(sheet()?.dataset.position));
  say("elsewhere", elsewhere.length
    ? `Changed in two places: question ${elsewhere.join(" and ")}. Open it to choose which answer to keep.` : "");
}

function sayWhatIsSaved(unsaved, trouble) {
  if (unsaved) return trouble ? `${unsaved} not saved yet` : "Saving…";
  if (outbox.conflicts.length) return "Not saved: choose one of two answers";
  return savedAt ? `Saved ${time(savedAt)}` : "";
}

function say(name, sentence, label, address) {
  const box = document.querySelector(`[data-say="${name}"]`);
  const text = label ? `${sentence} ${label}` : sentence;
  if (box.textContent === text) return;
  box.textContent = label ? `${sentence} ` : sentence;
  if (label) box.append(Object.assign(document.createElement("a"), { href: address, textContent: label }));
}

/** Say something that must not be missed. */
function alarm(sentence, link) {
  const box = document.createElement("div");
  box.className = "alert stack tight";
  box.append(Object.assign(document.createElement("p"), { textContent: sentence }));
  if (link) box.append(Object.assign(document.createElement("a"), { href: link, textContent: "See the result", className: "button primary" }));
  document.getElementById("refusal").replaceChildren(box);
  box.scrollIntoView({ block: "nearest" });
}

// -- two answers ------------------------------------------------------------------------------------------------------

function collide(position) {
  const form = sheet();
  if (form && place(form).position === position) showConflict(form);
}

function showConflict(form, { focus = true } = {}) {
  const question = place(form);
  const { conflict, saves } = outbox.entry(question.position) ?? {};
  if (!conflict) return;
  const box = drawConflict(form, saves.at(-1).answer, conflict, async (mine) => {
    if (!outbox.entry(question.position)?.conflict) return; // Pressed twice.
    if (!mine) {
      learn(question.position, { revision: conflict.revision, answer: conflict.theirs, saved_at: conflict.saved_at });
      savedAt = conflict.saved_at;
    }
    outbox.settle(question, mine);
    if (mine) await outbox.flush(SAVE_WAIT_MS);
    apply(form);
    if (outbox.entry(question.position)?.conflict) return; // A third one: its box is drawn.
    form.querySelector("[data-conflict]")?.remove();
    note(mine ? "The answer of this page is kept." : "The other answer is kept.");
    form.querySelector("input[name=answer]:checked, input[name=answer]").focus();
  });
  if (focus) box.focus();
}

// -- the end ----------------------------------------------------------------------------------------------------------

/** The server takes no more: what was saved stays, nothing can be changed. */
function close(sentence) {
  if (closed) return;
  closed = true;
  const form = sheet() ?? document.getElementById("hand-in");
  if (form) freeze(form, true);
  alarm(sentence, slot().dataset.result);
  document.dispatchEvent(new Event("exam:closed"));
}

document.addEventListener("exam:time-up", ({ detail }) => {
  leave();
  outbox.drain();
  isUp = detail.isUp;
  if (sheet()) freeze(sheet(), isUp || closed);
  if (isUp) alarm("Time is up. What is saved counts. The result opens in a moment.");
  else document.getElementById("refusal").replaceChildren();
});

document.addEventListener("exam:over", async () => {
  await outbox.flush(SAVE_WAIT_MS);
  location.assign(slot().dataset.result);
});

// -- flags and strikes ------------------------------------------------------------------------------------------------

function press(form, { name, value }) {
  if (name === "flagged") {
    flag(form, value === "1");
    learn(place(form).position, { flagged: value === "1" });
    outbox.mark(place(form), { flagged: value === "1" });
  } else {
    const out = struck(form);
    strike(form, out.includes(value) ? out.filter((letter) => letter !== value) : [...out, value].sort());
    learn(place(form).position, { struck: struck(form) });
    outbox.mark(place(form), { struck: struck(form) });
  }
}

// -- moving -----------------------------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "answer-form" && form.id !== "hand-in") return;
  event.preventDefault();
  const button = event.submitter;
  await outbox.ready;
  if (form.id === "hand-in") handIn(form);
  else if (button?.name === "go") go(button.value === "review" ? form.dataset.review : beside(form, `../${button.value}/`));
  else if (button?.name) press(form, button);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#slot a[data-go], #slot .grid a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname);
});

addEventListener("popstate", ({ state }) => {
  if (state?.exam) go(state.exam, { push: false });
});

/** Show another question, or the review. Saving goes first, as far as the link allows. */
async function go(address, { push = true, quiet = false } = {}) {
  await outbox.ready;
  leave();
  moving?.abort();
  const mine = (moving = new AbortController());
  slot().setAttribute("aria-busy", "true");
  try {
    if (address.endsWith("/review/")) await outbox.flush(SAVE_WAIT_MS);
    const [html] = await Promise.all([fetchPart(address, mine), outbox.flush(MOVE_WAIT_MS)]);
    if (outbox.trouble === "offline") outbox.reached(true);
    if (mine === moving && html) show(html, address, { push, quiet });
  } catch {
    if (mine !== moving) return;
    if (parts.has(address) && !quiet) show(parts.get(address), address, { push });
    else stay(push);
  } finally {
    if (mine === moving) slot().removeAttribute("aria-busy");
  }
}

function stay(push) {
  outbox.reached(false);
  note("This page cannot be fetched at the moment. You stay here; what you choose is kept. Try again when the link is back.");
  if (!push) history.pushState({ exam: here() }, "", here()); // The address goes back to what is shown.
}

const here = () => sheet()?.getAttribute("action") ?? location.pathname;

/** A part of a page; null where the server leads elsewhere. Throws where it cannot be had. */
async function fetchPart(address, controller, ahead = false) {
  const patience = setTimeout(() => controller.abort(), parts.has(address) ? SHORT_WAIT_MS : PART_WAIT_MS);
  const headers = { "HX-Request": "true", ...(ahead && { Purpose: "prefetch" }) };
  const response = await fetch(address, { headers, signal: controller.signal }).finally(() => clearTimeout(patience));
  const elsewhere = response.headers.get("HX-Redirect") ?? (response.redirected ? response.url : null);
  if (elsewhere) {
    if (!ahead) location.assign(elsewhere);
    return null;
  }
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const html = await response.text();
  if (!address.endsWith("/review/")) parts.set(address, html);
  return html;
}

function show(html, address, { push = true, quiet = false } = {}) {
  const focused = quiet ? document.activeElement?.id : "";
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("slot");
  slot().replaceWith(fresh);
  if (push && address !== location.pathname) history.pushState({ exam: address }, "", address);
  document.title = fresh.dataset.title;
  document.getElementById("refusal").replaceChildren();
  shown();
  if (!quiet) scrollTo(0, 0);
  const target = focused ? document.getElementById(focused) : !quiet && !fresh.contains(document.activeElement) && fresh.querySelector("[data-focus]");
  target?.focus?.({ preventScroll: true });
}

/** Everything that a fresh part needs. */
function shown() {
  const form = sheet();
  if (form) {
    const saved = form.querySelector("[data-saved-at][datetime]");
    if (saved) write(saved, time(saved.dateTime)); // The server's zone may not be the learner's.
    apply(form);
    showConflict(form);
    if (closed || isUp) freeze(form, true);
    lookAhead(form);
  }
  draw();
}

let aheadTimer = 0;

function lookAhead(form) {
  clearTimeout(aheadTimer);
  const next = Number(form.querySelector("[data-go-next]").value);
  if (!next || navigator.connection?.saveData) return;
  aheadTimer = setTimeout(() => fetchPart(beside(form, `../${next}/`), new AbortController(), true).catch(() => {}), AHEAD_MS);
}

// -- handing in -------------------------------------------------------------------------------------------------------

let reviewTimer = 0;

/** Answers that arrived while the review was on the screen change its lists. */
function refreshReview() {
  clearTimeout(reviewTimer);
  reviewTimer = setTimeout(() => document.getElementById("hand-in") && go(location.pathname, { push: false, quiet: true }), 200);
}

async function handIn(form) {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  await outbox.flush(HAND_IN_WAIT_MS);
  const open = outbox.conflicts.map((entry) => entry.position);
  if (open.length && !form.dataset.sure) {
    form.dataset.sure = "yes";
    alarm(`Question ${open.join(" and ")} was answered in two places. Open it and choose, or hand in once more: then the answer that the server has counts.`);
  } else if (!closed) await send(form);
  form.ariaBusy = "false";
}

async function send(form) {
  form.elements.waiting.value = JSON.stringify(outbox.waiting());
  try {
    const { status, facts } = await post(form.getAttribute("action"), new URLSearchParams(new FormData(form)));
    if (status === 200 && facts.result) {
      outbox.clear();
      location.assign(facts.result);
      return;
    }
    if (facts.status === "outage") alarm("The server cannot save at the moment, so the exam is not handed in yet. Your answers are kept; hand in again in a few seconds. When time is up, everything that was saved counts.");
    else alarm(facts.message ?? "The server could not take this. Your answers are kept: reload the page and hand in again.");
  } catch {
    alarm("The server cannot be reached, so the exam is not handed in yet. Your answers are kept; hand in again when the link is back. When time is up, everything that was saved counts.");
  }
}

// -- the page comes and goes ------------------------------------------------------------------------------------------

addEventListener("online", () => outbox.retry());
addEventListener("offline", () => outbox.reached(false));
document.addEventListener("exam:link", ({ detail }) => outbox.reached(detail.ok));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") outbox.retry();
  else {
    leave();
    outbox.drain();
  }
});
addEventListener("pagehide", () => {
  leave();
  outbox.sendNow();
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload(); // A page from the browser's memory may be older than what another tab saved.
});

history.replaceState({ ...history.state, exam: location.pathname }, "");
outbox.ready.then(() => {
  const form = sheet();
  if (form && isTouched(form) && chosen(form).length <= Number(form.dataset.pick)) keep(form); // Someone was quicker than this script.
  shown();
  outbox.drain();
});
