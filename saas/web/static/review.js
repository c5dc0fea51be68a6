// A comment speaks of the words that are selected: they and their place go into the form.
"use strict";

// Words that are typed have no place yet: the server looks for them.
document.getElementById("quote")?.addEventListener("input", (event) => {
  const form = event.target.form;
  for (const name of ["account", "part"]) form.elements[name].value = "";
  form.elements.start.value = 0;
});

document.addEventListener("selectionchange", () => {
  const chosen = document.getSelection();
  const form = document.getElementById("remark");
  if (!form || !chosen || chosen.isCollapsed || !chosen.rangeCount) return;
  const range = chosen.getRangeAt(0);
  const said = range.startContainer.parentElement?.closest("[data-part]");
  if (!said || !said.contains(range.endContainer)) return;
  const before = document.createRange();
  before.selectNodeContents(said);
  before.setEnd(range.startContainer, range.startOffset);
  form.elements.account.value = said.dataset.account;
  form.elements.part.value = said.dataset.part;
  form.elements.quote.value = Array.from(range.toString()).slice(0, 2000).join("");
  form.elements.start.value = Array.from(before.toString()).length;
});
