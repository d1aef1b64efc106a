// Keeps the sum of an exam's plan in step while its numbers are typed, and says where the bank holds too few.
document.addEventListener("input", (event) => {
  const plan = event.target.closest?.("[data-sum]");
  if (!plan) return;
  const numbers = [...plan.querySelectorAll("[data-count]")];
  plan.querySelector("[data-total]").value = numbers.reduce((sum, field) => sum + (Number(field.value) || 0), 0);
  for (const field of numbers) {
    const note = field.closest("tr").querySelector("[data-short]");
    note.hidden = (Number(field.value) || 0) <= Number(note.dataset.short);
  }
});
