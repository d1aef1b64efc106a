// Brings the worker that shows lessons without a link, and clears what is kept when the person at this browser leaves it.
const { worker, who } = document.querySelector("script[data-worker]").dataset;
const SHELF = "besa-reader";

/** Who read here last. A guest who signs in goes on; whoever signs out, or comes in another's place, finds an empty shelf. */
function hasLeft() {
  if (who === undefined) return false; // A page of an error, which knows nobody.
  try {
    const last = localStorage.getItem(SHELF) ?? "";
    localStorage.setItem(SHELF, who);
    return last !== "" && last !== who && !(last === "guest" && who !== "");
  } catch {
    return false; // Without storage there is no shelf either.
  }
}

async function bring() {
  const gone = hasLeft();
  await navigator.serviceWorker.register(worker);
  const { active } = await navigator.serviceWorker.ready;
  if (gone) active.postMessage({ forget: true });
}

// After everything that the page itself needs.
if ("serviceWorker" in navigator) {
  if (document.readyState === "complete") bring().catch(() => {});
  else addEventListener("load", () => bring().catch(() => {})); // Then there is no offline reading, and nothing else is missing.
}
