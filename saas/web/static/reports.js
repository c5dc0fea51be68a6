// A chart's value beside the pointer or the focus. Without this the browser shows its title.
"use strict";

const told = document.createElement("div");
told.className = "told";
told.hidden = true;
told.setAttribute("aria-hidden", "true");
document.body.append(told);

function tell(mark) {
  told.textContent = mark.dataset.t;
  told.hidden = false;
  const box = mark.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left + box.width / 2 - told.offsetWidth / 2), innerWidth - told.offsetWidth - 8);
  const above = box.top - told.offsetHeight - 6;
  told.style.left = `${left}px`;
  told.style.top = `${above > 8 ? above : box.bottom + 6}px`;
}

for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
  document.addEventListener(on, (event) => {
    const mark = event.target.closest?.(".chart .mark");
    if (mark) tell(mark);
  });
  document.addEventListener(off, () => { told.hidden = true; });
}
addEventListener("scroll", () => { told.hidden = true; }, { passive: true });
addEventListener("keydown", (event) => { if (event.key === "Escape") told.hidden = true; });
