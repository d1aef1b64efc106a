// Moves an option up or down by exchanging what two rows hold; their numbers stay. Without script the field "Place" does it.
for (const button of document.querySelectorAll("[data-move]")) button.hidden = false;

const fields = (row) => [...row.querySelectorAll("textarea, input[type=checkbox]")];

function exchange(one, other) {
  const theirs = fields(other);
  fields(one).forEach((field, n) => {
    const name = field.type === "checkbox" ? "checked" : "value";
    [field[name], theirs[n][name]] = [theirs[n][name], field[name]];
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move]");
  if (!button) return;
  const row = button.closest("[data-row]");
  const rows = [...row.closest("[data-rows]").querySelectorAll("[data-row]")];
  const other = rows[rows.indexOf(row) + Number(button.dataset.move)];
  if (!other) return;
  const fold = other.closest("details");
  if (fold) fold.open = true;
  exchange(row, other);
  other.querySelector(`[data-move="${button.dataset.move}"]`).focus();
  button.form.dispatchEvent(new Event("input", { bubbles: true }));
});
