// Asks before a page with unsaved words is left.
let unsaved = Boolean(document.querySelector("[data-unsaved] [role=alert]"));

document.addEventListener("input", (event) => { if (event.target.closest("[data-unsaved]")) unsaved = true; });
document.addEventListener("submit", (event) => { if (event.target.closest("[data-unsaved]")) unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
