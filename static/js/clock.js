// Draws the time that is left. The server says how much; in between the page counts with a clock that nobody can set.

const POLL_MS = 15000;
const LOW_S = 300;
const MOVED_S = 5;
const CALLS_MIN = [30, 15, 10, 5, 1];

const face = document.querySelector("[data-clock]");
const word = document.querySelector("[data-clock-word]");
const hide = document.querySelector("[data-hide-clock]");
const caller = document.getElementById("time-call");

const number = (text) => (text ? Number(text) : null);

/** What the server said last: seconds left at a moment of our own clock; null where there is no limit. */
let told = { left: number(face?.dataset.remaining), at: performance.getEntriesByType("navigation")[0]?.responseStart ?? 0 };
let deadline = face?.dataset.deadline ?? "";
let called = new Set();
let isUp = false;
let isOver = false;
let timer = 0;

const left = () => (told.left === null ? null : Math.max(0, told.left - (performance.now() - told.at) / 1000));
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function words(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const count = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;

function spoken(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute";
  return minutes < 60 ? count(minutes, "minute") : `${count(Math.floor(minutes / 60), "hour")} ${minutes % 60 ? count(minutes % 60, "minute") : ""}`.trim();
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

let calm = 0;

/** Say it politely; the words go away by themselves. */
function call(sentence) {
  write(caller, sentence);
  clearTimeout(calm);
  calm = setTimeout(() => write(caller, ""), 12000);
}

function draw() {
  if (isOver) return;
  const seconds = left();
  write(face, seconds === null ? "no limit" : words(seconds));
  const isLow = seconds !== null && seconds <= LOW_S;
  face.classList.toggle("low", isLow);
  write(word, isLow ? (seconds <= 60 ? "Last minute" : "Last 5 minutes") : "");
  if (seconds === null) return;
  const passed = CALLS_MIN.filter((minutes) => seconds <= minutes * 60);
  if (passed.some((minutes) => !called.has(minutes)) && seconds > 0) call(`${count(passed.at(-1), "minute")} left.`);
  called = new Set(passed);
  if ((seconds <= 0) !== isUp) {
    isUp = seconds <= 0;
    tell("exam:time-up", { isUp });
    if (isUp) poll();
  }
}

/** Take the server's word; half of the way there and back has passed since it spoke. */
function correct(seconds, sent) {
  const now = performance.now();
  told = { left: seconds, at: sent === undefined ? now : (sent + now) / 2 };
  draw();
}

async function poll() {
  clearTimeout(timer);
  if (isOver) return;
  timer = setTimeout(poll, isUp ? 1000 : POLL_MS);
  const sent = performance.now();
  let response;
  try {
    response = await fetch(face.dataset.clock, { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(10000) });
  } catch {
    tell("exam:link", { ok: false });
    return;
  }
  const facts = response.ok ? await response.json().catch(() => null) : null;
  if (!facts || isOver) return;
  tell("exam:link", { ok: true });
  if (facts.status === "closed") {
    isOver = true;
    tell("exam:over");
    return;
  }
  const before = deadline;
  deadline = facts.deadline_at ?? "";
  correct(facts.remaining_s, sent);
  if (moved(before, deadline)) call(deadline ? `Your time was changed: ${spoken(left())} left.` : "Your time was changed: there is no limit now.");
}

const moved = (before, after) => (!before || !after ? before !== after : Math.abs(new Date(after) - new Date(before)) > MOVED_S * 1000);

function showFace() {
  face.hidden = hide.getAttribute("aria-pressed") === "true";
}

function start() {
  called = new Set(CALLS_MIN.filter((minutes) => told.left !== null && left() <= minutes * 60));
  draw();
  setInterval(draw, 250);
  timer = setTimeout(poll, POLL_MS);
  addEventListener("online", poll);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && poll());
  document.addEventListener("exam:closed", () => {
    isOver = true;
    write(face, "ended");
    write(word, "");
    write(caller, "");
  });
  document.addEventListener("exam:receipt", ({ detail }) => {
    const { remaining_s: seconds, sent } = detail;
    if (seconds === undefined) return;
    if (seconds === null || told.left === null || Math.abs(seconds - left()) > MOVED_S) poll(); // It knows why.
    correct(seconds, sent);
  });
  try {
    hide.setAttribute("aria-pressed", localStorage.getItem("clock-hidden") === "true");
  } catch {} // Then it is shown at each visit.
  hide.hidden = false;
  showFace();
  hide.addEventListener("click", () => {
    const isHidden = hide.getAttribute("aria-pressed") !== "true";
    hide.setAttribute("aria-pressed", isHidden);
    try {
      localStorage.setItem("clock-hidden", isHidden);
    } catch {}
    showFace();
  });
}

if (face) start();
