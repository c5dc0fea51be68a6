// What HTML cannot do alone: dialogs, copying, ticks that survive a reload, and one press of a button counting once.
"use strict";

const closest = (event, selector) => event.target.closest(selector);

document.addEventListener("click", (event) => {
  const opener = closest(event, "[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  closest(event, "[data-close]")?.closest("dialog")?.close();
  closest(event, "[data-dismiss]")?.closest(".toast")?.remove();
  if (closest(event, "[data-print]")) window.print();
  const copier = closest(event, "[data-copy]");
  if (copier) copy(copier);
  if (event.target.matches?.("dialog[open]")) closeFromBackdrop(event);
});

function closeFromBackdrop(event) {
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
}

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  const label = button.querySelector("span");
  const before = label.textContent;
  await navigator.clipboard.writeText(text);
  label.textContent = button.dataset.done;
  setTimeout(() => { label.textContent = before; }, 2000);
}

// A form that takes a while is sent once, however often its button is pressed; coming back makes it usable again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.getAttribute("aria-busy") === "true") event.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll('form[aria-busy="true"]')) form.removeAttribute("aria-busy");
});

// The navigation is a popover on a phone and simply there on a desk.
const narrow = window.matchMedia("(width < 900px)");
function placeDrawer() {
  for (const side of document.querySelectorAll("[data-drawer]")) {
    if (narrow.matches) side.setAttribute("popover", "auto");
    else side.removeAttribute("popover");
  }
}
narrow.addEventListener("change", placeDrawer);
placeDrawer();

for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector("input");
  const name = zone.querySelector("[data-file-name]");
  const mark = (on) => zone.classList.toggle("over", on);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  zone.addEventListener("dragleave", () => mark(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
  input.addEventListener("change", () => {
    if (input.files.length) name.textContent = input.files[0].name;
    zone.classList.toggle("chosen", input.files.length > 0);
  });
}

for (const form of document.querySelectorAll("[data-ticks]")) {
  const key = `ticks:${form.dataset.ticks}`;
  const boxes = [...form.querySelectorAll('input[name="contact"]:not(:disabled)')];
  const kept = JSON.parse(localStorage.getItem(key) ?? "null");
  if (kept) for (const box of boxes) box.checked = kept.includes(box.value);
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    form.querySelector("[data-count]").textContent = ticked.length;
    form.querySelector("[data-progress]").value = ticked.length;
    localStorage.setItem(key, JSON.stringify(ticked));
  };
  if (boxes.length) { form.addEventListener("change", count); count(); }
}

for (const toast of document.querySelectorAll(".toast:not(.bad, .warn)")) setTimeout(() => toast.remove(), 8000);
