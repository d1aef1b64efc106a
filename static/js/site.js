// What every page shares: the security token of each request, where the focus goes after a swap, a word when the server cannot be
// reached, and the time that a question is on the screen.

const fullPage = /^\s*<!doctype/i;

// -- requests ---------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:configRequest", ({ detail }) => {
  // The token changes when someone signs in or out; the cookie always has the one that counts, an old page's field does not.
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1];
  if (!token) return;
  detail.headers["X-CSRFToken"] = token;
  delete detail.parameters.csrfmiddlewaretoken;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  // The server's own word on an outage; a 503 of a proxy is a page of somebody else's, and is not swapped.
  if (isOutage(xhr)) Object.assign(event.detail, { shouldSwap: true, isError: false });
  if (!event.detail.shouldSwap || !fullPage.test(xhr.responseText)) return;
  // A whole page came where a part was asked for: signed out, or finished elsewhere. Go there instead of nesting it.
  event.detail.shouldSwap = false;
  location.assign(xhr.responseURL);
});

document.addEventListener("htmx:sendError", () => refuse("The server cannot be reached. What you typed is still here: try again when the link is back."));
document.addEventListener("htmx:timeout", () => refuse("The server took too long. What you typed is still here: try again in a moment."));
document.addEventListener("htmx:responseError", ({ detail }) => {
  if ([403, 409].includes(detail.xhr.status)) return; // Its own sentence was swapped in.
  refuse("The server could not do that. What was saved before is kept: reload the page and try again.");
});

const isOutage = (xhr) => xhr.status === 503 && xhr.getResponseHeader("HX-Retarget") !== null;

function refuse(sentence) {
  const place = document.getElementById("refusal");
  const words = document.createElement("p");
  words.className = "alert";
  words.textContent = sentence;
  place?.replaceChildren(words);
}

// -- focus ------------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:afterSettle", ({ target }) => {
  const refusal = document.getElementById("refusal");
  if (refusal && !refusal.contains(target)) refusal.replaceChildren();
  if (target !== document.activeElement && target.contains(document.activeElement)) return; // It kept its place.
  (target.matches("[data-focus]") ? target : target.querySelector("[data-focus]"))?.focus();
});

// -- time -------------------------------------------------------------------------------------------------------------

let since = document.visibilityState === "visible" ? performance.now() : null;

function tick() {
  const now = performance.now();
  if (since !== null) {
    for (const field of document.querySelectorAll("[data-timed] [name=spent_ms]")) field.value = Math.round(Number(field.value) + now - since);
  }
  since = document.visibilityState === "visible" ? now : null;
}

document.addEventListener("visibilitychange", tick);
document.addEventListener("time:tick", tick);
document.addEventListener("submit", tick, true);
document.addEventListener("htmx:beforeSwap", tick);
