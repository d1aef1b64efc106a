// Puts steps in order with buttons and arrow keys. The list itself is then the answer: the selects, which do the same without this script,
// are out of sight and follow it.

const ORDINALS = ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th"];

const steps = (list) => [...list.querySelectorAll("[data-step]")];

/** Every select says the place where its step stands. */
function write(list) {
  steps(list).forEach((step, n) => (step.querySelector("select").value = `${step.dataset.step}:${n + 1}`));
}

/** A list whose places were chosen before (it came back with a complaint) stands in their order. */
function arrange(list) {
  const places = new Map(steps(list).map((step) => [step, Number(step.querySelector("select").value.split(":")[1])]));
  if (new Set(places.values()).size === places.size && ![...places.values()].some(Number.isNaN)) {
    list.append(...steps(list).sort((one, other) => places.get(one) - places.get(other)));
  }
}

function move(button, by) {
  const step = button.closest("[data-step]");
  const list = step.closest("[data-steps]");
  const other = by < 0 ? step.previousElementSibling : step.nextElementSibling;
  if (other) {
    if (by < 0) other.before(step);
    else other.after(step);
    write(list);
  }
  button.focus(); // Moving an element in the page takes the focus from it.
  const place = steps(list).indexOf(step);
  const name = step.querySelector("[data-step-text]").textContent.trim();
  const words = other ? `is now ${ORDINALS[place]} of ${steps(list).length}` : `stands ${by < 0 ? "first" : "last"} already`;
  list.parentElement.querySelector("[data-steps-status]").textContent = `${name}: ${words}.`;
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-step-move]");
  if (button) move(button, Number(button.dataset.stepMove));
});

document.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const step = by && !event.ctrlKey && !event.altKey && !event.metaKey && event.target.closest("[data-step]");
  if (!step || !event.target.matches("[data-step-move]")) return;
  event.preventDefault();
  move(step.querySelector(`[data-step-move="${by}"]`), by);
});

// Before anything is sent, also a list that nobody touched is written down. Capturing: htmx reads the form next.
document.addEventListener("submit", ({ target }) => target.querySelectorAll("[data-steps]").forEach(write), true);

const arrangeAll = () => document.querySelectorAll("[data-steps]").forEach(arrange);
document.addEventListener("htmx:afterSettle", arrangeAll);
document.documentElement.dataset.steps = "buttons";
arrangeAll();
