// Keys of a question: letters and digits choose, shift and a letter strikes out, arrows move, F flags, Enter checks and goes on.
// They rest while someone types, and can be switched off, because speech input types letters too.

const SWITCH = "question-keys";
const LETTERS = "abcde";

function isOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true;
  }
}

const isTyping = (target) => target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
const isControl = (target) => target.closest("a, button, input, select, textarea, summary, [contenteditable]") !== null;

function press(place, selector) {
  const found = place.querySelector(selector);
  if (!found || found.disabled) return false;
  found.click();
  return true;
}

function choose(place, letter) {
  const input = place.querySelector(`input[name=answer][value="${letter.toUpperCase()}"]`);
  if (!input || input.disabled) return false;
  input.focus();
  input.click();
  return true;
}

function enter(place, target) {
  if (isControl(target)) return false;
  if (press(place, "[data-next]")) return true;
  const form = place.querySelector("form[hx-post]");
  form?.requestSubmit();
  return Boolean(form);
}

function act(place, { key, shiftKey, target }) {
  const letter = key.length === 1 ? key.toLowerCase() : "";
  if (shiftKey) return /^[a-h]$/.test(letter) && press(place, `[name=strike][value="${letter.toUpperCase()}"]`);
  if (letter && LETTERS.includes(letter)) return choose(place, letter);
  if (/^[1-6]$/.test(key)) return choose(place, "abcdef"[key - 1]);
  if (letter === "f") return press(place, "[data-flag-button]");
  if (key === "ArrowLeft") return press(place, "[data-go-previous]");
  if (key === "ArrowRight") return press(place, "[data-go-next]");
  return key === "Enter" && enter(place, target);
}

document.addEventListener("keydown", (event) => {
  const place = document.querySelector("[data-keys]");
  if (!place || event.defaultPrevented || event.isComposing || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (isTyping(event.target) || !isOn()) return;
  if (act(place, event)) event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-keys-switch]");
  if (!button) return;
  try {
    localStorage.setItem(SWITCH, isOn() ? "off" : "on");
  } catch {} // Then they stay on.
  drawSwitch();
});

/** A question that was swapped in draws its switch anew; the words live in the page. */
function drawSwitch() {
  document.documentElement.dataset.shortcuts = isOn() ? "on" : "off";
}

drawSwitch();
