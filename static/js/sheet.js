// What the exam page shows: the chosen options, the navigator, the box with two answers. It reads and draws, and decides nothing.

const WORDS = { unseen: "unseen", unanswered: "not answered", saving: "not saved yet", saved: "saved", conflict: "two answers, choose one" };

export const time = (moment) => new Date(moment).toLocaleTimeString("en-GB");

/** Change a text only where it differs, so that nothing is read out twice. */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

const inputs = (form) => [...form.querySelectorAll("input[name=answer]")];

export const chosen = (form) => inputs(form).filter((input) => input.checked).map((input) => input.value);

/** Whether it differs from what the server drew. */
export const isTouched = (form) => inputs(form).some((input) => input.checked !== input.defaultChecked);

export function choose(form, letters) {
  for (const input of inputs(form)) input.checked = letters.includes(input.value);
}

export const struck = (form) => [...form.querySelectorAll("[name=strike][aria-pressed=true]")].map((button) => button.value);

export function strike(form, letters) {
  for (const button of form.querySelectorAll("[name=strike]")) {
    const isStruck = letters.includes(button.value);
    button.setAttribute("aria-pressed", isStruck);
    button.closest(".strike-row").querySelector(".option").toggleAttribute("data-struck", isStruck);
  }
}

export function flag(form, flagged) {
  const button = form.querySelector("[name=flagged]");
  button.setAttribute("aria-pressed", flagged);
  button.value = flagged ? "0" : "1"; // What a press will do.
}

/** The steps of the navigator and the lists of the review. `change` gives { state, flagged }; what is undefined stays the server's. */
export function drawSteps(change) {
  for (const step of document.querySelectorAll("#slot .grid [data-state]")) {
    const position = Number(step.textContent);
    step.dataset.sent ??= step.dataset.state;
    const { state = step.dataset.sent, flagged = step.hasAttribute("data-flag") } = change(position);
    step.dataset.state = state;
    step.toggleAttribute("data-flag", flagged);
    step.setAttribute("aria-label", `Question ${position}, ${WORDS[state]}${flagged ? ", flagged" : ""}`);
  }
}

export function drawCounts() {
  const count = (selector) => document.querySelectorAll(`#slot [data-navigator] ${selector}`).length;
  const saving = count("[data-state=saving]") + count("[data-state=conflict]");
  const line = `${count("[data-state=saved]")} answered · ${count("[data-flag]")} flagged${saving ? ` · ${saving} not saved yet` : ""}`;
  write(document.querySelector("[data-counts]"), line);
}

/** Show both answers with a button each; `keep` is called with true for this page's. */
export function drawConflict(form, mine, { theirs, saved_at }, keep) {
  form.querySelector("[data-conflict]")?.remove();
  const box = document.getElementById("conflict").content.firstElementChild.cloneNode(true);
  const fill = (place, letters) => {
    const lines = letters.map((letter) => {
      const line = document.createElement("li");
      const words = form.querySelector(`input[name=answer][value="${letter}"]`).closest(".option").querySelector(".text").textContent;
      line.append(Object.assign(document.createElement("b"), { textContent: letter }), ` ${words}`);
      return line;
    });
    box.querySelector(place).replaceChildren(...(lines.length ? lines : [Object.assign(document.createElement("li"), { textContent: "no answer" })]));
  };
  fill("[data-mine]", mine);
  fill("[data-theirs]", theirs);
  if (saved_at) write(box.querySelector("[data-when]"), ` at ${time(saved_at)}`);
  box.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-keep]");
    if (button) keep(button.dataset.keep === "mine");
  });
  form.querySelector("[data-question]").after(box);
  return box;
}

/** Make the page read-only, or take that back. */
export function freeze(form, frozen) {
  for (const control of form.querySelectorAll("button, input:not([type=hidden])")) control.disabled = frozen;
}
