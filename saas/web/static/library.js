// The library: ticked items have a bar of things to do, filters stand open on a desk, an upload shows how far it is.
"use strict";

for (const form of document.querySelectorAll("[data-picks]")) {
  const dock = form.querySelector("[data-dock]");
  const told = form.querySelector("[data-picked]");
  const count = () => {
    const picked = form.querySelectorAll('input[name="item"]:checked').length;
    dock.hidden = picked === 0;
    told.textContent = picked;
  };
  form.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
}

const wide = window.matchMedia("(width >= 1000px)");
function openFilters() {
  for (const filters of document.querySelectorAll("[data-open-wide]")) filters.open = wide.matches;
}
wide.addEventListener("change", openFilters);
openFilters();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-progress]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  upload(form);
});

function upload(form) {
  const bar = form.querySelector("progress");
  const told = form.querySelector("[data-told]");
  form.querySelector("[data-rest]").hidden = true;
  bar.hidden = told.hidden = false;
  const call = new XMLHttpRequest();
  call.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const part = Math.round((100 * event.loaded) / event.total);
    if (part < 100) bar.value = part;
    else bar.removeAttribute("value");
    told.textContent = `${part}%`;
  });
  call.addEventListener("load", () => show(call.responseText));
  call.addEventListener("error", () => { form.removeAttribute("aria-busy"); form.submit(); });
  call.open("POST", form.action);
  call.send(new FormData(form));
}

// The answer is a whole page: what it says takes the place of what is shown.
function show(text) {
  const answer = new DOMParser().parseFromString(text, "text/html");
  const main = answer.querySelector("main");
  if (!main) { location.reload(); return; }
  document.querySelector("main").replaceWith(main);
  document.title = answer.title;
  main.focus();
  main.querySelector("[role=alert]")?.scrollIntoView({ block: "center" });
}
