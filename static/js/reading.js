// Marks the section being read in the table of contents and tells the server the place, so that Today can lead back to it.
const sections = [...document.querySelectorAll("[data-section]")];
const links = [...document.querySelectorAll("[data-contents] a")];
const inView = new Set();
let timer = 0;
let reading = "";
let told = "";

function tell() {
  clearTimeout(timer);
  // Only a learner's page names an address; a visitor's names one after the first check that they answered on it.
  const address = document.querySelector("[data-place]")?.dataset.place;
  if (!address || !reading || reading === told) return;
  const anchor = told = reading;
  const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? "";
  fetch(address, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ anchor }), keepalive: true })
    .then((response) => { if (!response.ok) told = ""; })
    .catch(() => { told = ""; }); // The place is a comfort; the next section tells it again.
}

function reached(anchor) {
  reading = anchor;
  for (const link of links) {
    if (link.hash === `#${anchor}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  clearTimeout(timer);
  timer = setTimeout(tell, 1500);
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.isIntersecting ? inView.add(entry.target) : inView.delete(entry.target);
  const top = sections.find((section) => inView.has(section));
  if (top && top.id !== reading) reached(top.id);
}, { rootMargin: "-10% 0px -60% 0px" });
sections.forEach((section) => watcher.observe(section));

document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") tell(); });
