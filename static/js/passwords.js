// Show what is typed in a password field: each is asked for only once. Without this file the buttons stay hidden.

const field = (button) => document.getElementById(button.dataset.reveal);

for (const button of document.querySelectorAll("button[data-reveal]")) button.hidden = false;

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button[data-reveal]");
  if (!button) return;
  const input = field(button);
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.textContent = button.textContent.replace(shown ? "Hide" : "Show", shown ? "Show" : "Hide");
});

// A browser remembers what stood in text fields, so the field is a password again before it is sent.
document.addEventListener("submit", ({ target }) => {
  for (const button of target.querySelectorAll("button[data-reveal]")) field(button).type = "password";
});
