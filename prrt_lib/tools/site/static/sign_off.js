// Sign-off: a reviewer's verdict beneath each table and figure, kept in this browser until saved.
// Without this script the pages are complete; nothing is sent anywhere.
"use strict";
(() => {
  const FORMAT = "prrt-sign-off", VERSION = 1;
  const FIELDS = ["item", "title", "digest", "verdict", "initials", "date", "comment"];
  const VERDICTS = { agree: "agree", question: "question", reject: "reject" };
  const COUNTS = "counts", OUTDATED = "outdated: rows changed since", LONGEST = 4000;
  const here = document.currentScript.src;
  const memory = new Map();
  let kept = true;

  const make = (tag, attributes = {}, ...content) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...content);
    return element;
  };

  // Drafts: one text per item, so that pages open side by side do not undo each other.
  const place = (data, key = "") => `prrt-sign-off/${data.scenario}/${key}`;
  const drafts = (data) => {
    try {
      const own = place(data), names = Object.keys(localStorage).filter((name) => name.startsWith(own));
      memory.clear();
      for (const name of names.sort()) memory.set(name.slice(own.length), JSON.parse(localStorage.getItem(name)));
    } catch (_) { kept = false; }
  };
  const store = (data, key) => {
    try {
      if (memory.has(key)) localStorage.setItem(place(data, key), JSON.stringify(memory.get(key)));
      else localStorage.removeItem(place(data, key));
    } catch (_) { kept = false; }
  };

  const crc32 = (bytes) => {
    let sum = ~0;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
    }
    return (~sum >>> 0).toString(16).padStart(8, "0");
  };

  const file = (data, entries) => {
    const texts = entries.map((entry) => FIELDS.map((name) => entry[name]).join("\x1f"));
    const joined = [data.scenario, ...texts].join("\x1e");
    const checksum = crc32(new TextEncoder().encode(joined));
    const ordered = entries.map((entry) => Object.fromEntries(FIELDS.map((name) => [name, entry[name]])));
    return JSON.stringify({ format: FORMAT, version: VERSION, scenario: data.scenario, entries: ordered, checksum }, null, 1);
  };

  const save = (data) => {
    const entries = [...memory.values()].sort((a, b) => (a.item < b.item ? -1 : 1));
    const link = make("a", { download: "sign-off.json" });
    link.href = URL.createObjectURL(new Blob([file(data, entries)], { type: "application/json" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const bar = (data) => {
    const said = make("span", { role: "status" });
    const button = make("button", { type: "button" }, "Save sign-off file");
    const forget = make("button", { type: "button" }, "Forget these verdicts");
    const box = make("div", { class: "prrt-review-bar", role: "region", "aria-label": "Sign-off" }, said, button, forget);
    button.addEventListener("click", () => save(data));
    forget.addEventListener("click", () => {
      if (!window.confirm("Forget every verdict that is kept in this browser?")) return;
      const keys = [...memory.keys()];
      memory.clear();
      keys.forEach((key) => store(data, key));
      document.dispatchEvent(new Event("prrt-signed"));
    });
    const show = () => {
      const count = memory.size;
      box.hidden = !count;
      const lost = kept ? "" : " This browser keeps nothing between pages: save before you leave this one.";
      said.textContent = `${count} verdict${count === 1 ? "" : "s"} kept in this browser, not yet in the run's file.${lost}`;
    };
    document.addEventListener("prrt-signed", show);
    show();
    return box;
  };

  const words = (entry, state, note) => {
    const parts = [`${entry.initials}, ${entry.date}: ${VERDICTS[entry.verdict] || entry.verdict}`];
    if (state !== COUNTS) parts.push(` (${state})`);
    if (note) parts.push(` (${note})`);
    if (entry.comment) parts.push(`. ${entry.comment}`);
    return parts.join("");
  };

  const form = (data, key, number, change) => {
    const item = data.items[key], name = `prrt-verdict-${number}`;
    const radios = Object.entries(VERDICTS).map(([value, text]) =>
      make("label", {}, make("input", { type: "radio", name, value, required: "" }), text));
    const initials = make("input", { type: "text", class: "prrt-initials", maxlength: "5", required: "", autocomplete: "off" });
    const date = make("input", { type: "date", required: "" });
    const comment = make("textarea", { maxlength: String(LONGEST) });
    const said = make("div", { class: "prrt-said", role: "status" });
    const withdraw = make("button", { type: "button" }, "Withdraw");
    const box = make("form", { novalidate: "", "aria-label": `Review of ${item.title}` },
      make("fieldset", {}, make("legend", {}, "Verdict"), ...radios),
      make("div", { class: "prrt-fields" }, make("label", {}, "Initials", initials), make("label", {}, "Date", date)),
      make("label", { class: "prrt-wide" }, "Comment", comment),
      make("div", { class: "prrt-fields" }, make("button", { type: "submit" }, "Keep this verdict"), withdraw), said);
    const inputs = radios.map((label) => label.firstChild);
    const fill = () => {
      const draft = memory.get(key);
      inputs.forEach((input) => { input.checked = Boolean(draft) && draft.verdict === input.value; });
      if (draft) [initials.value, date.value, comment.value] = [draft.initials, draft.date, draft.comment];
      withdraw.hidden = !draft;
    };
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      const verdict = inputs.find((input) => input.checked);
      const typed = initials.value.trim();
      if (!verdict) { said.textContent = "Choose a verdict."; return; }
      if (!/^\p{L}{1,5}$/u.test(typed)) { said.textContent = "Type your initials: one to five letters."; return; }
      if (!/^\d{4}-\d{2}-\d{2}$/.test(date.value)) { said.textContent = "Type the date of your review."; return; }
      said.textContent = "";
      memory.set(key, { item: key, title: item.title, digest: item.digest, verdict: verdict.value,
        initials: typed, date: date.value, comment: comment.value.trim() });
      change();
    });
    withdraw.addEventListener("click", () => { memory.delete(key); comment.value = ""; change(); });
    document.addEventListener("prrt-signed", fill);
    // Initials once typed on this page need not be typed again; the date is typed each time.
    box.addEventListener("focusin", () => {
      const before = [...memory.values()].pop();
      if (!initials.value && before) initials.value = before.initials;
    });
    fill();
    return box;
  };

  const review = (data, key, number) => {
    const item = data.items[key];
    const head = make("summary"), list = make("ul");
    const box = make("details", { class: "prrt-review" }, head, list);
    const show = () => {
      const signed = data.entries.filter((entry) => entry.item === key);
      const draft = memory.get(key);
      const fresh = draft && draft.digest === item.digest;
      const counting = signed.filter((entry) => entry.state === COUNTS).map((entry) => entry.verdict);
      if (fresh) counting.push(draft.verdict);
      const state = ["reject", "question", "agree"].find((verdict) => counting.includes(verdict))
        || (signed.length || draft ? "outdated" : "open");
      box.dataset.state = state;
      const told = { open: "not reviewed", outdated: OUTDATED }[state] || state;
      head.textContent = `Review: ${told}${draft ? ", not saved" : ""}`;
      const lines = signed.map((entry) => words(entry, entry.state, ""));
      if (draft) lines.push(words(draft, fresh ? COUNTS : OUTDATED, "not saved"));
      list.replaceChildren(...lines.map((text) => make("li", {}, text)));
      list.hidden = !lines.length;
    };
    const change = () => { store(data, key); document.dispatchEvent(new Event("prrt-signed")); };
    // The form is made when it is first wanted: pages have dozens of items.
    box.addEventListener("toggle", () => {
      if (box.open && !box.querySelector("form")) box.append(form(data, key, number, change));
    });
    document.addEventListener("prrt-signed", show);
    show();
    return box;
  };

  // Beneath the box of a table and its notes; beneath a figure with all that belongs to it.
  const beneath = (element) => {
    const box = element.closest(".prrt-box") || element;
    const next = box.nextElementSibling;
    return next && next.classList.contains("prrt-notes") ? next : box;
  };

  const start = () => {
    const data = window.PRRT && window.PRRT.signOff;
    if (!data) return;
    drafts(data);
    const page = decodeURIComponent(location.pathname.split("/").pop()).replace(/\.html$/, "");
    const seen = new Map();
    document.querySelectorAll("[data-item]").forEach((element, number) => {
      const name = element.dataset.item, before = seen.get(name) || 0;
      seen.set(name, before + 1);
      const key = `${page}/${name}${before ? `-${before + 1}` : ""}`;
      if (data.items[key]) beneath(element).after(review(data, key, number));
    });
    (document.querySelector("article") || document.body).append(bar(data));
    window.addEventListener("storage", () => { drafts(data); document.dispatchEvent(new Event("prrt-signed")); });
  };

  const load = () => {
    const script = make("script", { src: new URL("../sign-off-items.js", here).href });
    // Pages copied without their run have nothing to sign.
    script.addEventListener("load", start);
    document.head.append(script);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", load);
  else load();
})();
