// The editor of an article: Jodit for the text, Cropper for the cover. What is written is kept every few seconds, saved as a version
// when asked, and never written over anybody else's. What was not touched goes back exactly as it came.
"use strict";
(() => {
  const root = document.getElementById("editor");
  const state = JSON.parse(root.dataset.state), words = JSON.parse(root.dataset.words), nonce = root.dataset.nonce;
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const find = (selector, within = root) => within.querySelector(selector);
  const all = (selector, within = root) => [...within.querySelectorAll(selector)];
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const tabKey = `article:${location.pathname}`;
  const tab = sessionStorage.getItem(tabKey) ?? crypto.randomUUID();
  sessionStorage.setItem(tabKey, tab);

  let version = state.version, held = state.content, dirty = false, timer = 0, waiting = Promise.resolve();
  const editors = {}, raw = {};
  const said = find("[data-said]");
  const say = (text) => { said.textContent = text; };

  async function ask(url, body, form = false) {
    const headers = { "X-CSRFToken": csrf, Accept: "application/json", ...(form ? {} : { "Content-Type": "application/json" }) };
    const answer = await fetch(url, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
    const told = await answer.json();
    if (!answer.ok && answer.status !== 409) throw new Error(told.error ? [told.error.message, told.error.remedy].filter(Boolean).join("；") : answer.statusText);
    return { status: answer.status, told };
  }

  // ---- the text
  const insert = (jodit, html) => { jodit.s.focus(); jodit.s.insertHTML(html); };
  const block = (tooltip, html) => ({ name: tooltip, tooltip, exec: (jodit) => insert(jodit, html()) });
  const soft = "margin:0 0 16px;padding:14px 16px;border-radius:8px;background-color:#f3f6f5";
  const extra = [
    block(words.quote, () => `<blockquote style="margin:0 0 16px;padding:10px 14px;border-left:3px solid #0f766e;background-color:#f3f6f5"><p>${words.text}</p></blockquote><p><br></p>`),
    block(words.code, () => `<pre style="margin:0 0 16px;padding:12px;overflow-x:auto;background-color:#f3f6f5;font-size:14px;line-height:1.6"><code>${words.text}</code></pre><p><br></p>`),
    block(words.card, () => `<section style="${soft}"><p style="margin:0 0 6px;font-weight:600">${words.card_title}</p><p style="margin:0">${words.text}</p></section><p><br></p>`),
    { name: words.picture, icon: "image", tooltip: words.picture, exec: (jodit) => choose(false).then((urls) => urls.length && insert(jodit, urls.map(pictureTag).join(""))) },
    { name: words.gallery, tooltip: words.gallery, exec: (jodit) => choose(true).then((urls) => urls.length && insert(jodit, galleryTag(urls))) },
  ];
  const pictureTag = (url) => `<p><img src="${url}" style="display:block;max-width:100%;height:auto;margin:0 auto" alt=""></p>`;
  const galleryTag = (urls) => `<section style="display:flex;overflow-x:auto;margin:0 0 16px">${urls.map((url) => `<section style="flex:none;width:78%;margin-right:8px"><img src="${url}" style="width:100%;height:auto;border-radius:6px" alt=""></section>`).join("")}</section><p><br></p>`;

  function choose(many) {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/jpeg,image/png,image/gif", multiple: many });
    return new Promise((resolve) => {
      input.addEventListener("cancel", () => resolve([]));
      input.addEventListener("change", async () => resolve(await uploadAll([...input.files])));
      input.click();
    });
  }

  async function uploadAll(files) {
    const urls = [];
    for (const file of files) {
      const kept = await upload(file);
      if (kept) urls.push(kept.url);
    }
    return urls;
  }

  async function upload(file) {
    const form = new FormData();
    form.append("file", file, file.name || "picture.png");
    try {
      const { told } = await ask(state.urls.upload_picture, form, true);
      say(`${fill(words.bytes, { before: bytes(told.before), after: bytes(told.after) })} ${told.changes.join("；")}`);
      return told;
    } catch (fault) { say(words.failed + fault.message); return null; }
  }

  const bytes = (count) => (count > 999999 ? `${(count / 1e6).toFixed(1)} MB` : `${Math.round(count / 1000)} KB`);

  function paste(event, jodit) {
    const data = event.clipboardData;
    const files = [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    const html = data?.getData("text/html") ?? "";
    if (files.length && !html) {
      event.preventDefault();
      uploadAll(files).then((urls) => urls.length && insert(jodit, urls.map(pictureTag).join("")));
      return false;
    }
    if (!html) return undefined;
    event.preventDefault();
    ask(state.urls.clean_paste, { html }).then(({ told }) => { insert(jodit, told.html); say(words.cleaned); }, (fault) => say(words.failed + fault.message));
    return false;
  }

  function edit(name, height) {
    const area = document.getElementById(name);
    area.value = held[name] ?? "";
    const jodit = Jodit.make(area, {
      language: document.documentElement.lang.startsWith("zh") ? "zh_cn" : "en", nonce, height: "auto", minHeight: height, readonly: !state.may_write,
      toolbarAdaptive: false, sourceEditor: "area", beautifyHTML: false, askBeforePasteHTML: false, askBeforePasteFromWord: false,
      showCharsCounter: false, showWordsCounter: false, showXPathInStatusbar: false, statusbar: false, defaultActionOnPasteFromWord: "insert_as_text",
      disablePlugins: "clean-html,about,powered-by-jodit,speech-recognize,ai-assistant,wrap-nodes,add-new-line,iframe,video,file,image,drag-and-drop",
      buttons: name === "body"
        ? ["paragraph", "bold", "italic", "underline", "strikethrough", "brush", "fontsize", "|", "align", "ul", "ol", "outdent", "indent", "|", "link", "table", ...extra, "hr", "|", "eraser", "undo", "redo", "source"]
        : ["bold", "italic", "brush", "fontsize", "align", "link", extra[3], "source"],
    });
    jodit.events.on("beforePaste", (event) => paste(event, jodit));
    editors[name] = jodit;
    take(name, held[name] ?? "");
    jodit.events.on("change", () => changed());
  }

  // What the browser makes of the text is remembered: as long as it stays so, the text itself goes back untouched.
  function take(name, html) {
    editors[name].value = html;
    raw[name] = { given: html, seen: editors[name].value };
  }
  const textOf = (name) => (editors[name].value === raw[name].seen ? raw[name].given : editors[name].value);

  function show(content) {
    for (const name of ["title", "author", "digest", "source_url"]) find(`[name="${name}"]`).value = content[name] ?? "";
    for (const name of ["original", "comments"]) find(`[name="${name}"]`).checked = Boolean(content[name]);
    for (const box of all("[data-variant]")) showVariant(box, content.variants?.[box.dataset.variant] ?? {});
    cover = content.cover ?? null;
    if (editors.body) { take("body", content.body ?? ""); take("footer", content.footer ?? ""); }
    count();
    showCover();
  }

  function showVariant(box, own) {
    for (const field of all("[data-field]", box)) field.value = own[field.dataset.field] ?? "";
    box.cover = own.cover ?? null;
    variantCover(box);
  }

  function variantCover(box) {
    const image = find("[data-cover]", box);
    image.hidden = !box.cover;
    if (box.cover) image.src = media(box.cover.sha256);
    find("[data-cover-none]", box).hidden = !box.cover;
    find("[data-own]", box).hidden = !variantOf(box);
  }

  function variantOf(box) {
    const own = Object.fromEntries(all("[data-field]", box).map((field) => [field.dataset.field, field.value]));
    return own.title || own.digest || own.footer || box.cover ? { ...own, cover: box.cover } : null;
  }

  function content() {
    const variants = { ...held.variants };
    for (const box of all("[data-variant]")) {
      const own = variantOf(box);
      if (own) variants[box.dataset.variant] = own; else delete variants[box.dataset.variant];
    }
    const typed = Object.fromEntries(["title", "author", "digest", "source_url"].map((name) => [name, find(`[name="${name}"]`).value]));
    const ticked = Object.fromEntries(["original", "comments"].map((name) => [name, find(`[name="${name}"]`).checked]));
    return { ...held, ...typed, ...ticked, body: textOf("body"), footer: textOf("footer"), cover, variants };
  }

  const letters = (text) => [...text].length;
  function count() {
    for (const output of all("[data-count]")) {
      const field = document.getElementById(output.dataset.count);
      const length = output.dataset.count === "body" ? letters(editors.body?.text ?? "") : letters(field.value);
      output.textContent = `${length.toLocaleString()} / ${Number(output.dataset.most).toLocaleString()}`;
      output.classList.toggle("warned", length > Number(output.dataset.warn) && length <= Number(output.dataset.most));
      output.classList.toggle("over", length > Number(output.dataset.most));
    }
  }

  // ---- keeping and saving
  function changed() {
    if (!state.may_write) return;
    dirty = true;
    count();
    say(words.typing);
    clearTimeout(timer);
    timer = setTimeout(() => keep(), 1500);
  }
  // One thing at a time: a draft that is on its way must not arrive after the version that was made of it.
  const inTurn = (work) => (waiting = waiting.then(work, work));

  const keep = () => inTurn(async () => {
    if (!dirty) return;
    try {
      const { told } = await ask(state.urls.keep_article, { tab, base_version: version, content: content() });
      say(fill(words.kept, { at: told.at }));
      showPhone();
    } catch (fault) { say(fault instanceof TypeError ? words.away : words.failed + fault.message); }
  });

  const save = (given) => inTurn(async () => {
    clearTimeout(timer);
    try {
      const { status, told } = await ask(state.urls.save_article, { tab, base_version: version, content: given ?? content() });
      if (status === 409) return settle(told);
      version = told.version; held = told.content; dirty = false;
      find("[data-version]").textContent = version;
      show(held);
      say([told.unchanged ? words.same : fill(words.saved, { version }), ...told.notes].join("；"));
      showPhone();
    } catch (fault) { say(fault instanceof TypeError ? words.away : words.failed + fault.message); }
  });

  // ---- two people at one article
  let clash = null;
  const plain = (value) => {
    if (value === null || value === undefined || value === "") return words.empty;
    if (typeof value !== "string") return JSON.stringify(value, null, 1);
    const page = new DOMParser().parseFromString(value.replace(/<\/(p|h\d|li|tr|section|blockquote)>/g, "$&\n"), "text/html");
    return page.body.textContent.trim() || words.empty;
  };

  function settle(told) {
    clash = told;
    find("[data-conflict-by]").textContent = `${told.by}（${told.at}）`;
    const list = find("[data-changes]");
    list.replaceChildren(...told.changes.map(choice));
    document.getElementById("conflict").showModal();
  }

  function choice(change) {
    const box = Object.assign(document.createElement("fieldset"), { className: "changes-of" });
    const legend = document.createElement("legend");
    legend.textContent = words[change.name] ?? change.name;
    box.append(legend);
    const sides = change.who === "both" && change.merged !== null ? ["merged", "mine", "theirs"] : ["mine", "theirs"];
    const wanted = change.who === "theirs" ? "theirs" : sides[0];
    for (const side of sides) {
      const label = document.createElement("label"), radio = document.createElement("input"), name = document.createElement("b"), text = document.createElement("p");
      Object.assign(radio, { type: "radio", name: `choice-${change.name}`, value: side, checked: side === wanted });
      name.textContent = words[side];
      text.textContent = plain(change[side]);
      label.append(radio, name, text);
      box.append(label);
    }
    return box;
  }

  function resolve() {
    const chosen = content();
    for (const change of clash.changes) {
      const side = find(`[name="choice-${change.name}"]:checked`).value;
      chosen[change.name] = change[side];
    }
    version = clash.version;
    document.getElementById("conflict").close();
    save(chosen);
  }

  // ---- the cover
  let cover = state.content.cover ?? null, shape = "2.35:1", cropper = null, drawn = null;
  const RATIOS = { "2.35:1": 2.35, "1:1": 1, "9:5": 1.8 };
  const media = (sha) => state.media.replace(/0$/, sha);

  function showCover() {
    find("[data-cover-card]").hidden = !cover;
    find("[data-no-cover]").hidden = Boolean(cover);
    for (const button of all("[data-shape]")) button.setAttribute("aria-pressed", String(button.dataset.shape === shape));
    const place = find("[data-cropper]");
    place.replaceChildren();
    cropper = null;
    if (!cover) return;
    const focusing = shape === "focus";
    find("[data-hint-focus]").hidden = !focusing; find("[data-hint-crop]").hidden = focusing;
    find("[data-use-crop]").hidden = find("[data-no-crop]").hidden = focusing;
    if (focusing) showFocus(place); else showCropper(place);
    cut();
  }

  function showFocus(place) {
    const image = Object.assign(new Image(), { src: media(cover.sha256), alt: "" });
    image.addEventListener("click", (event) => {
      cover = { ...cover, focus: [event.offsetX / image.clientWidth, event.offsetY / image.clientHeight] };
      changed();
      showCover();
    });
    place.append(image);
    const pin = Object.assign(document.createElement("i"), { className: "pin" });
    const [x, y] = cover.focus ?? [0.5, 0.5];
    pin.style.left = `${100 * x}%`; pin.style.top = `${100 * y}%`;
    place.append(pin);
  }

  const TEMPLATE = (ratio) => `<cropper-canvas background><cropper-image initial-center-size="contain"></cropper-image><cropper-shade hidden></cropper-shade>
    <cropper-selection initial-coverage="1" aspect-ratio="${ratio}" movable resizable><cropper-grid role="grid" covered></cropper-grid><cropper-handle action="move" theme-color="rgba(255,255,255,.25)"></cropper-handle>
    <cropper-handle action="nw-resize"></cropper-handle><cropper-handle action="ne-resize"></cropper-handle><cropper-handle action="sw-resize"></cropper-handle><cropper-handle action="se-resize"></cropper-handle></cropper-selection></cropper-canvas>`;

  function showCropper(place) {
    const image = Object.assign(new Image(), { src: media(cover.sha256), alt: "" });
    place.append(image);
    drawn = cover.crops?.[shape] ?? null;
    const Make = Cropper.default ?? Cropper;
    cropper = new Make(image, { container: place, template: TEMPLATE(RATIOS[shape]) });
    const made = cropper, selection = cropper.getCropperSelection(), shown = cropper.getCropperImage(), canvas = cropper.getCropperCanvas();
    shown.$ready().then(() => {
      if (made !== cropper) return;
      const [outer, inner] = [canvas.getBoundingClientRect(), shown.getBoundingClientRect()];
      const [left, top] = [inner.left - outer.left, inner.top - outer.top];
      const box = drawn ?? widest(inner, RATIOS[shape]);
      selection.$change(left + box[0] * inner.width, top + box[1] * inner.height, box[2] * inner.width, box[3] * inner.height, RATIOS[shape]);
      selection.addEventListener("change", (event) => {
        const { x, y, width, height } = event.detail, spare = 1;
        const inside = x >= left - spare && y >= top - spare && x + width <= left + inner.width + spare && y + height <= top + inner.height + spare;
        if (!inside || width < 20) { event.preventDefault(); return; }
        drawn = [(x - left) / inner.width, (y - top) / inner.height, width / inner.width, height / inner.height].map((part) => Math.min(Math.max(part, 0), 1));
        clearTimeout(cropper.later);
        cropper.later = setTimeout(cut, 250);
      });
    });
  }

  function widest(inner, ratio) {
    const wide = Math.min(1, (inner.height * ratio) / inner.width), high = Math.min(1, inner.width / ratio / inner.height);
    const [x, y] = cover.focus ?? [0.5, 0.5];
    return [Math.min(Math.max(0, x - wide / 2), 1 - wide), Math.min(Math.max(0, y - high / 2), 1 - high), wide, high];
  }

  // The crop itself is made by the server: what is shown here is what its numbers give.
  async function cut() {
    const wanted = shape === "focus" ? "2.35:1" : shape;
    const query = new URLSearchParams({ shape: wanted });
    if (shape !== "focus" && drawn) query.set("box", drawn.map((part) => part.toFixed(6)).join(","));
    else if (cover.focus) query.set("focus", cover.focus.map((part) => part.toFixed(6)).join(","));
    const address = `${state.covers.replace(/0$/, cover.sha256)}?${query}`;
    const answer = await fetch(address);
    if (!answer.ok) return;
    const data = await answer.blob();
    find("[data-cut]").src = address;
    find("[data-cut-size]").textContent = answer.headers.get("X-Size").replace("x", " × ");
    find("[data-cut-bytes]").textContent = fill(words.bytes, { before: bytes(Number(answer.headers.get("X-Original-Bytes"))), after: bytes(data.size) });
  }

  function useCrop(box) {
    const crops = { ...cover.crops };
    if (box) crops[shape] = box; else delete crops[shape];
    cover = { ...cover, crops };
    changed();
    showCover();
  }

  // ---- the phone beside
  const phone = { phone: "ios", screen: "page", night: "0" };
  function showPhone() {
    const account = find("[data-phone-account]").value;
    if (!account) return;
    find(".hand").classList.toggle("android", phone.phone === "android");
    find("[data-frame]").src = `${state.urls.article_on_phone}?${new URLSearchParams({ ...phone, account, tab, at: Date.now() })}`;
  }
  for (const name of Object.keys(phone)) {
    for (const button of all(`[data-${name}]`)) {
      button.addEventListener("click", () => {
        phone[name] = button.dataset[name];
        for (const other of all(`[data-${name}]`)) other.setAttribute("aria-pressed", String(other === button));
        showPhone();
      });
    }
  }
  find("[data-phone-account]").addEventListener("change", showPhone);

  // ---- beginnings
  edit("body", 380);
  edit("footer", 90);
  show(held);
  showPhone();
  root.addEventListener("input", (event) => { if (event.target.closest("[name], [data-field]") && !event.target.closest("#conflict")) changed(); });
  root.addEventListener("input", (event) => { const box = event.target.closest("[data-variant]"); if (box) find("[data-own]", box).hidden = !variantOf(box); });
  find("[data-save]")?.addEventListener("click", () => save());
  find("[data-resolve]").addEventListener("click", resolve);
  find("[data-use-crop]").addEventListener("click", () => drawn && useCrop(drawn));
  find("[data-no-crop]").addEventListener("click", () => useCrop(null));
  for (const button of all("[data-shape]")) button.addEventListener("click", () => { shape = button.dataset.shape; drawn = null; showCover(); });
  find("[data-upload-cover]").addEventListener("change", async (event) => {
    const kept = event.target.files[0] && (await upload(event.target.files[0]));
    if (!kept) return;
    cover = { sha256: kept.sha256, crops: {}, focus: null };
    find("[data-squeezed]").textContent = [fill(words.bytes, { before: bytes(kept.before), after: bytes(kept.after) }), ...kept.changes].join("；");
    changed();
    showCover();
  });
  for (const box of all("[data-variant]")) {
    find("[data-cover-file]", box).addEventListener("change", async (event) => {
      const kept = event.target.files[0] && (await upload(event.target.files[0]));
      if (kept) { box.cover = { sha256: kept.sha256, crops: {}, focus: null }; variantCover(box); changed(); }
    });
    find("[data-cover-none]", box).addEventListener("click", () => { box.cover = null; variantCover(box); changed(); });
  }
  document.getElementById("theme").addEventListener("change", async (event) => {
    const { value } = event.target;
    event.target.value = "-";
    if (value === "-") return;
    try {
      const { told } = await ask(state.urls.dress_article, { html: editors.body.value, theme: value });
      editors.body.value = told.html;
      changed();
    } catch (fault) { say(words.failed + fault.message); }
  });
  const kept = state.drafts.find((draft) => draft.tab === tab) ?? state.drafts[0];
  if (kept && state.may_write) {
    find("[data-drafts]").hidden = false;
    find("[data-draft-at]").textContent = kept.at;
    find("[data-restore]").addEventListener("click", () => {
      version = kept.made_from;
      show({ ...held, ...kept.content });
      find("[data-drafts]").hidden = true;
      changed();
    });
    find("[data-discard]").addEventListener("click", () => {
      ask(state.urls.keep_article, { tab: kept.tab, discard: true });
      find("[data-drafts]").hidden = true;
    });
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); if (state.may_write) save(); }
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && dirty) keep(); });
  root.dataset.ready = "yes";
})();
