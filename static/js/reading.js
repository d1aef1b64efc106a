// Marks the section being read in the table of contents and tells the server the place, so that Today can lead back to it.
const article = document.querySelector("[data-place], article.prose");
const sections = [...document.querySelectorAll("[data-section]")];
const links = new Map([...document.querySelectorAll("[data-contents] a")].map((link) => [link.hash.slice(1), link]));
let waiting = 0;
let told = "";

function tell(anchor) {
  const address = article?.dataset.place;
  if (!address || anchor === told) return;
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
  fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ anchor }), keepalive: true })
    .then(() => { told = anchor; })
    .catch(() => {}); // The place is a comfort; the next section tells it again.
}

function reached(anchor) {
  for (const [name, link] of links) {
    if (name === anchor) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  clearTimeout(waiting);
  waiting = setTimeout(() => tell(anchor), 1500);
}

const seen = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
  const top = sections.find((section) => seen.has(section));
  if (top) reached(top.id);
}, { rootMargin: "-10% 0px -60% 0px" });
sections.forEach((section) => watcher.observe(section));
