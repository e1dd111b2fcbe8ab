// Tables that sort by a column and filter by a word. Without this script they are plain tables.
"use strict";
(() => {
  const LONG = 12;
  const SCROLLING = ".prrt-box, .table-wrapper, .prrt-picture, .highlight pre";
  const NUMBER = /^[<>≤≥=\s]*[-+−]?(\d[\d ,  ]*)(\.\d+)?/;

  const words = (row, column) => (row.cells[column] ? row.cells[column].textContent.trim() : "");

  // A leading number counts as a number, so "12/85 (14 %)" and "<0.001" sort as people read them.
  const number = (text) => {
    const found = NUMBER.exec(text);
    if (!found || /^\d{4}-\d{2}-\d{2}/.test(text)) return NaN;
    return parseFloat(found[0].replace(/[<>≤≥=\s,  ]/g, "").replace("−", "-"));
  };

  const compare = (a, b) => {
    if (a === b) return 0;
    if (!a || !b) return a ? -1 : 1;
    const x = number(a), y = number(b);
    if (!isNaN(x) && !isNaN(y) && x !== y) return x - y;
    if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
    return a.localeCompare(b, "en", { numeric: true });
  };

  // A heading row keeps its rows below it: sorting goes on inside each block.
  const blocks = (body) => {
    const found = [{ head: null, rows: [] }];
    for (const row of body.rows) {
      if (row.classList.contains("section")) found.push({ head: row, rows: [] });
      else found[found.length - 1].rows.push(row);
    }
    const inner = found.filter((block) => block.rows.length);
    // Headings without rows below them are ordinary rows.
    return inner.length ? found : [{ head: null, rows: [...body.rows] }];
  };

  const sort = (table, heads, column) => {
    const head = heads[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    for (const body of table.tBodies) {
      const order = [];
      for (const block of blocks(body)) {
        const rows = block.rows.map((row) => [words(row, column), row]);
        rows.sort((a, b) => {
          if (!a[0] || !b[0]) return compare(a[0], b[0]);
          return down ? compare(b[0], a[0]) : compare(a[0], b[0]);
        });
        if (block.head) order.push(block.head);
        order.push(...rows.map((pair) => pair[1]));
      }
      body.append(...order);
    }
  };

  const filter = (table, text, said) => {
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (row) => {
      const content = row.textContent.toLowerCase();
      return wanted.every((word) => content.includes(word));
    };
    let shown = 0, all = 0;
    for (const body of table.tBodies) {
      for (const block of blocks(body)) {
        const whole = block.head && fits(block.head);
        let some = false;
        for (const row of block.rows) {
          row.hidden = !(whole || fits(row));
          all += 1;
          if (!row.hidden) { shown += 1; some = true; }
        }
        if (block.head) block.head.hidden = !(whole || some);
      }
    }
    said.textContent = wanted.length ? `${shown} of ${all} rows` : "";
  };

  const sortable = (table) => {
    const line = table.tHead && table.tHead.rows.length === 1 ? table.tHead.rows[0] : null;
    if (!line || table.tBodies.length === 0 || table.tBodies[0].rows.length < 2) return;
    const heads = [...line.cells];
    if (heads.some((head) => head.colSpan > 1)) return;
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "prrt-sort";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, heads, column));
    });
  };

  const filterable = (table, box) => {
    const rows = [...table.tBodies].reduce((sum, body) => sum + body.rows.length, 0);
    if (rows < LONG) return;
    const line = document.createElement("div");
    const label = document.createElement("label");
    const field = document.createElement("input");
    const said = document.createElement("output");
    line.className = "prrt-filter";
    label.textContent = "Show rows with";
    field.type = "search";
    field.autocomplete = "off";
    field.id = `prrt-filter-${document.querySelectorAll(".prrt-filter").length}`;
    label.htmlFor = field.id;
    field.addEventListener("input", () => filter(table, field.value, said));
    line.append(label, field, said);
    box.before(line);
  };

  // A box that scrolls can be reached with the keyboard; one that does not needs no stop.
  const reach = () => {
    for (const box of document.querySelectorAll(SCROLLING)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  const start = () => {
    for (const box of document.querySelectorAll(".prrt-box, .table-wrapper")) {
      const table = box.querySelector("table");
      if (!table) continue;
      sortable(table);
      filterable(table, box);
    }
    reach();
    window.addEventListener("resize", reach);
    document.addEventListener("toggle", reach, true);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
