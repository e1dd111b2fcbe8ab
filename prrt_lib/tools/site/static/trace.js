/* From a number on a page to the cells behind it, and from a cell to the numbers it touches.
   Data stand in script files below trace/, loaded when they are first needed: a page opened from
   a folder cannot fetch. Whatever comes from the workbook is shown as text, never as markup. */
(function () {
  "use strict";
  const PRRT = (window.PRRT = window.PRRT || {});
  PRRT.data = PRRT.data || {};
  const root = document.documentElement.dataset.content_root || "./";
  /* The level of patients without a value. */
  const UNKNOWN = "not known";
  const MARKS = { n: "✓ ", N: "○ ", "": "", null: "" };
  const QUANTILES = ["median", "q25", "q75"];
  const DAYS_PER_MONTH = 30.4375;
  const waiting = new Map();
  let panel = null;
  let opener = null;

  /* ---- data ------------------------------------------------------------------------------ */

  function load(name) {
    if (PRRT.data[name]) return Promise.resolve(PRRT.data[name]);
    if (!waiting.has(name)) {
      waiting.set(name, new Promise(function (done, failed) {
        const script = document.createElement("script");
        script.src = root + "trace/" + name + ".js";
        script.onload = function () { done(PRRT.data[name]); };
        script.onerror = function () { failed(new Error(name)); };
        document.head.appendChild(script);
      }));
    }
    return waiting.get(name);
  }

  function basics() {
    return Promise.all([load("index"), load("rows")]);
  }

  function rowOf(id) {
    const store = PRRT.data.rows;
    const raw = store.rows[id];
    if (!raw) return null;
    const row = { row_id: id };
    store.fields.forEach(function (name, place) {
      const value = raw[place];
      if (name === "footprint") row[name] = store.footprints[value];
      else row[name] = store.numeric.includes(name) ? value : store.words[value];
    });
    return row;
  }

  function cellsOf(table) {
    const store = PRRT.data["table_" + table];
    if (!store.unpacked) {
      store.unpacked = store.cells.map(function (cell) {
        const [column, sheet, letter, status, rule, question] = store.kinds[cell[0]];
        const [record, line] = store.places[cell[1]];
        return { address: table + "." + column, sheet: sheet, cell: letter + line,
                 record: record, status: status, rule: rule, question: question,
                 value: store.words[cell[2]], raw: store.words[cell[3]] };
      });
    }
    return store.unpacked;
  }

  /* Patients a row speaks of: its footprint's populations, its own, its level of a grouping. */
  function patientsOf(row) {
    const index = PRRT.data.index;
    const print = index.footprints[row.footprint];
    if (!print.cells.length) return [];
    if (!print.populations.length) return index.records;
    const grouping = index.derived.find(function (one) { return one.name === row.group; });
    const inOne = function (place) {
      return print.populations.some(function (name) { return index.populations[name][place]; });
    };
    const inOwn = function (place) {
      return !row.population || index.populations[row.population][place];
    };
    const read = index.patients.map(function (_, place) { return place; }).filter(inOne);
    let own = read.filter(inOwn);
    if (grouping && row.group_level) {
      const wanted = row.group_level === UNKNOWN ? "" : row.group_level;
      const level = own.filter(function (place) { return grouping.values[place] === wanted; });
      if (level.length) own = level;
    }
    return (own.length ? own : read).map(function (place) { return index.patients[place]; });
  }

  /* Which of the patients a share counts: by id "n", "N" (in the total alone) or "" (in neither);
     null where the values that were read do not give exactly the n and N of the row. */
  function countedOf(row, patients) {
    const index = PRRT.data.index;
    const own = index.derived.find(function (one) { return one.name === row.variable; });
    if (!own || row.statistic !== "proportion" || row.n === null) return null;
    const places = new Map(index.patients.map(function (id, place) { return [id, place]; }));
    const place = function (id) { return places.has(id) ? places.get(id) : -1; };
    const stratum = index.populations[row.stratum.replace(/[ -]/g, "_")];
    const base = new Set(patients.filter(function (id) {
      return place(id) >= 0 && (stratum ? stratum[place(id)] : own.values[place(id)] !== "");
    }));
    const level = patients.filter(function (id) {
      return base.has(id) && own.values[place(id)] === row.level;
    });
    if (level.length !== row.n || base.size !== row.total) return null;
    const kind = {};
    patients.forEach(function (id) { kind[id] = base.has(id) ? "N" : ""; });
    level.forEach(function (id) { kind[id] = "n"; });
    return kind;
  }

  /* ---- building blocks ------------------------------------------------------------------- */

  function make(tag, options, children) {
    const node = document.createElement(tag);
    Object.entries(options || {}).forEach(function (pair) {
      if (pair[0] === "text") node.textContent = pair[1];
      else node.setAttribute(pair[0], pair[1]);
    });
    (children || []).forEach(function (child) { if (child) node.appendChild(child); });
    return node;
  }

  function number(value) {
    if (value === null || value === undefined) return "";
    return String(Number(value.toPrecision(6)));
  }

  function inMonths(row) {
    const months = [row.estimate, row.low, row.high].map(function (days) {
      return days === null ? "not reached" : (days / DAYS_PER_MONTH).toFixed(1);
    });
    return months[0] + " (" + months[1] + " to " + months[2] + ")";
  }

  function facts(pairs) {
    const list = make("dl", { class: "trace-facts" });
    pairs.forEach(function (pair) {
      if (pair[1] === "" || pair[1] === null || pair[1] === undefined) return;
      list.appendChild(make("dt", { text: pair[0] }));
      list.appendChild(make("dd", { text: pair[1] }));
    });
    return list;
  }

  function table(heads, rows) {
    const line = function (tag, texts) {
      return make("tr", {}, texts.map(function (text) {
        return make(tag, tag === "th" ? { text: text, scope: "col" } : { text: text });
      }));
    };
    return make("div", { class: "trace-scroll", tabindex: "0", role: "group",
                         "aria-label": "Cells" }, [
      make("table", {}, [
        make("thead", {}, [line("th", heads)]),
        make("tbody", {}, rows.map(function (texts) { return line("td", texts); })),
      ]),
    ]);
  }

  /* ---- the panel --------------------------------------------------------------------------- */

  function show(title, children) {
    if (!panel) {
      panel = make("aside", { class: "trace-panel", role: "dialog", "aria-labelledby":
                              "trace-title", tabindex: "-1" });
      document.body.appendChild(panel);
      panel.addEventListener("keydown", function (event) {
        if (event.key === "Escape") close();
      });
    }
    const shut = make("button", { type: "button", class: "trace-close", text: "Close" });
    shut.addEventListener("click", close);
    panel.replaceChildren(
      make("div", { class: "trace-head" }, [make("h2", { id: "trace-title", text: title }), shut]),
      ...children,
    );
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
  }

  function close() {
    panel.hidden = true;
    if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  }

  function open(ids, from) {
    const began = performance.now();
    opener = from || null;
    return basics().then(function () {
      const rows = ids.map(rowOf).filter(Boolean);
      if (!rows.length) {
        show("Not traced", [make("p", { text: "No result row of this run stands behind this " +
                                               "number." })]);
        return;
      }
      showRow(rows[0], rows);
      panel.dataset.milliseconds = String(Math.round(performance.now() - began));
    }).catch(missing);
  }

  function missing(error) {
    show("Trace not available", [make("p", { text: "The file trace/" + error.message + ".js " +
      "cannot be loaded. Keep the folder trace beside the pages, or run the scenario again." })]);
  }

  function showRow(row, rows) {
    const index = PRRT.data.index;
    const print = index.footprints[row.footprint];
    const parts = [];
    if (rows.length > 1) {
      const pick = make("select", { "aria-label": "Result rows of this number" },
        rows.map(function (one, place) {
          const option = make("option", { value: String(place), text: brief(one) });
          option.selected = one === row;
          return option;
        }));
      pick.addEventListener("change", function () { showRow(rows[Number(pick.value)], rows); });
      parts.push(make("p", {}, [pick]));
    }
    parts.push(what(row), measured(row), ran(row, print));
    parts.push(...records(row, print));
    parts.push(cohort(), command(row));
    show(row.label || row.variable || row.analysis, parts);
  }

  function brief(row) {
    const words = [row.statistic, row.variable, row.level, row.group_level, row.endpoint,
                   row.setting, row.population];
    const time = row.time === null ? "" : "at " + number(row.time);
    return words.concat(time).filter(Boolean).join(" · ");
  }

  function what(row) {
    const index = PRRT.data.index;
    const endpoint = index.endpoints[row.endpoint];
    const pairs = [
      ["Statistic", index.statistics[row.statistic] || row.statistic],
      ["Analysis", row.analysis + (row.model ? ", " + row.model : "")],
      ["Population", row.population],
      ["Stratum", row.stratum],
      ["Group", row.group ? row.group + (row.group_level ? " = " + row.group_level : "") : ""],
      ["Variable", [row.variable, row.level].filter(Boolean).join(" = ")],
      ["Against", row.reference],
      ["Setting", row.setting ? index.settings[row.setting] || row.setting : ""],
      ["Warning", row.warning],
    ];
    if (endpoint) {
      pairs.push(["Endpoint", endpoint.label], ["Time zero", endpoint.origin],
                 ["Entry", endpoint.entry], ["Event", endpoint.event],
                 ["Competing event", endpoint.competing], ["Censored at", endpoint.censoring],
                 ["Horizon", endpoint.horizon]);
    }
    return make("section", {}, [facts(pairs)]);
  }

  function measured(row) {
    const limits = row.low === null && row.high === null ? ""
      : number(row.low) + " to " + number(row.high) +
        (row.conf_level === null ? "" : " (" + number(100 * row.conf_level) + " %)");
    const ratio = row.statistic.startsWith("log_") && row.estimate !== null &&
      row.statistic !== "log_likelihood" ? number(Math.exp(row.estimate)) : "";
    return make("section", {}, [
      make("h3", { text: "Value" }),
      facts([
        ["Estimate", row.state === "ok" ? number(row.estimate) : row.state],
        ["As a ratio", ratio], ["Limits", limits], ["Unit", row.unit],
        ["In months", row.unit === "days" && QUANTILES.includes(row.statistic) ? inMonths(row) : ""],
        ["Standard error", number(row.std_error)], ["P value", number(row.p)],
        ["At time", number(row.time)], ["n", number(row.n)], ["Of", number(row.total)],
        ["Events", number(row.events)], ["At risk", number(row.at_risk)],
      ]),
    ]);
  }

  function ran(row, print) {
    const options = Object.entries(print.options).map(function (pair) {
      return pair[0] + " = " + (typeof pair[1] === "object" ? JSON.stringify(pair[1]) : pair[1]);
    });
    return make("section", {}, [facts([["Method", row.method], ["Options", options.join("; ")]])]);
  }

  /* One line per patient with the derived values; opening it lists the cells. */
  function records(row, print) {
    const index = PRRT.data.index;
    const patients = patientsOf(row);
    if (!patients.length) {
      return [make("p", { text: "A declaration: no patient's value stands behind it." })];
    }
    const derived = print.derived.map(function (place) { return index.derived[place]; });
    const filter = make("input", { type: "search", placeholder: "Filter by id or value",
                                   "aria-label": "Filter records" });
    const list = make("div", { class: "trace-records" });
    const kinds = countedOf(row, patients);
    const order = { n: 0, N: 1, "": 2 };
    const sorted = kinds ? patients.slice().sort(function (one, other) {
      return order[kinds[one]] - order[kinds[other]];
    }) : patients;
    const shown = sorted.map(function (id) {
      const place = index.patients.indexOf(id);
      const values = place < 0 ? [] : derived
        .filter(function (one) { return one.values[place] !== "" && !/^in_/.test(one.name); })
        .map(function (one) { return one.label + ": " + one.values[place]; });
      return { id: id, words: values.join(" · "), kind: kinds ? kinds[id] : null };
    });
    const fill = function () {
      const wanted = filter.value.toLowerCase();
      list.replaceChildren(...shown.filter(function (one) {
        return (one.id + " " + one.words).toLowerCase().includes(wanted);
      }).map(function (one) { return recordLine(one, print); }));
    };
    filter.addEventListener("input", fill);
    fill();
    const title = make("h3", { text: "Records (" + patients.length + ")" });
    const told = index.with_cells ? null
      : make("p", { text: "Too many cells for a page; use the command below." });
    const share = row.statistic === "proportion" && row.n !== null && row.total !== null;
    const marked = !share ? null : make("p", { class: "trace-counted", text: kinds
      ? "✓ marks the " + row.n + " that count; ○ the others of the " + row.total
        + "; unmarked records are not in the " + row.total + "."
      : "The " + row.n + " of " + row.total + " are among these records; their cells say which." });
    return [make("section", {}, [title, told, marked, filter, list])];
  }

  function recordLine(one, print) {
    const index = PRRT.data.index;
    const line = make("details", { "data-record": one.id, "data-counted": one.kind || "" }, [
      make("summary", {}, [make("b", { text: MARKS[one.kind] + one.id }),
                           make("span", { text: one.words })]),
    ]);
    line.addEventListener("toggle", function () {
      if (!line.open || line.dataset.filled || !index.with_cells) return;
      line.dataset.filled = "yes";
      const addresses = new Set(print.cells.map(function (place) { return index.columns[place]; }));
      const tables = [...new Set([...addresses].map(function (name) {
        return name.split(".")[0];
      }))].sort();
      Promise.all(tables.map(function (name) {
        return load("table_" + name).then(function () { return name; }, function () { return ""; });
      })).then(function (loaded) {
        const cells = loaded.filter(Boolean).flatMap(cellsOf).filter(function (cell) {
          return cell.record === one.id && addresses.has(cell.address);
        });
        line.appendChild(cells.length ? cellTable(cells)
          : make("p", { text: "No cell of this record was read." }));
      });
    });
    return line;
  }

  function cellTable(cells) {
    const labels = PRRT.data.index.labels;
    const written = cells.filter(function (cell) { return cell.raw !== "" || cell.question; });
    const shown = table(["Cell", "Column", "As written", "Value", "Status", "Rule", "Open question"],
      written.map(function (cell) {
        return [cell.sheet + "!" + cell.cell, labels[cell.address] || cell.address, cell.raw,
                cell.value, cell.status, cell.rule, cell.question];
      }));
    const blank = cells.filter(function (cell) { return !written.includes(cell); });
    return make("div", {}, [written.length ? shown : null, blank.length ? make("p", {
      text: "Blank: " + blank.map(function (cell) {
        return cell.sheet + "!" + cell.cell;
      }).join(", "),
    }) : null]);
  }

  function cohort() {
    const index = PRRT.data.index;
    const names = index.cohort.map(function (place) {
      const name = index.columns[place];
      return index.labels[name] + " (" + name + ")";
    });
    return make("details", { class: "trace-cohort" }, [
      make("summary", { text: "Cells of all records that decide who is analysed" }),
      make("p", { text: names.join("; ") }),
    ]);
  }

  function command(row) {
    return make("p", { class: "trace-command" }, [
      make("span", { text: "On the command line: " }),
      make("code", { text: "python -m prrt_lib trace " + row.row_id + " --scenario " +
                           PRRT.data.index.scenario }),
    ]);
  }

  /* ---- from cell to number ------------------------------------------------------------------ */

  function askCell() {
    opener = document.activeElement;
    return basics().then(function () {
      const index = PRRT.data.index;
      const sheets = make("select", { "aria-label": "Sheet" },
        Object.keys(index.sheets).map(function (name) {
          return make("option", { value: name, text: name });
        }));
      const cell = make("input", { type: "text", size: "16", "aria-label": "Cell, such as B12 or Sheet!B12",
                                   placeholder: "B12" });
      const go = make("button", { type: "submit", text: "Find" });
      const found = make("div", { class: "trace-found", "aria-live": "polite" });
      const form = make("form", {}, [sheets, cell, go]);
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        const asked = address(cell.value, Object.keys(index.sheets), sheets.value);
        if (!asked) {
          found.replaceChildren(make("p", { text: "Not understood: write B12 or Sheet!B12, with one of the sheets " +
                                                  Object.keys(index.sheets).join(", ") + "." }));
          return;
        }
        sheets.value = asked.sheet;
        touched(asked.sheet, asked.cell, found);
      });
      show("From a cell to the numbers it touches", [form, found]);
      cell.focus();
    }).catch(missing);
  }

  /* A cell as people copy it: B12, $B$12, Sheet!B12, 'My Sheet'!$B$12, [book.xlsx]Sheet!B12. The
     same rules as prrt_lib.study.tracing.cell_address; without a sheet it is the chosen one. */
  function address(text, sheets, chosen) {
    const found = /^=?(?:\$?('(?:[^']|'')+'|[^'!]+?)[!.])?\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})$/
      .exec(text.trim());
    if (!found) return null;
    const cell = (found[2] + found[3]).toUpperCase();
    if (!found[1]) return { sheet: chosen, cell: cell };
    const full = found[1].replace(/^'|'$/g, "").replace(/''/g, "'");
    const named = full.indexOf("[") >= 0 ? full.slice(full.indexOf("[")) : full;
    const own = named.replace(/^\[[^\]]*\]/, "");
    for (const wanted of [named, own]) {
      const low = wanted.toLowerCase();
      const exact = sheets.filter(function (one) { return one === wanted; });
      const like = exact.length ? exact : sheets.filter(function (one) {
        return [one, one.replace(/^[^\]]*\]/, "")].some(function (name) {
          return name.toLowerCase() === low;
        });
      });
      if (like.length === 1) return { sheet: like[0], cell: cell };
    }
    return null;
  }

  function touched(sheet, cell, found) {
    const index = PRRT.data.index;
    return Promise.all(index.sheets[sheet].map(function (name) { return load("table_" + name); }))
      .then(function () {
        const cells = index.sheets[sheet].flatMap(cellsOf).filter(function (one) {
          return one.sheet === sheet && one.cell === cell;
        });
        if (!cells.length) {
          found.replaceChildren(make("p", { text: "No value of a patient was read from " + sheet +
                                                  "!" + cell + "." }));
          return;
        }
        found.replaceChildren(cellTable(cells), ...numbersOf(cells));
      }).catch(missing);
  }

  function numbersOf(cells) {
    const index = PRRT.data.index;
    const deciding = new Set(index.cohort.map(function (place) { return index.columns[place]; }));
    const everything = cells.some(function (one) { return deciding.has(one.address); });
    const hits = Object.keys(index.footprints).filter(function (key) {
      return everything || cells.some(function (one) { return holds(index.footprints[key], one); });
    });
    const store = PRRT.data.rows;
    const wanted = new Set(hits.map(function (key) { return store.footprints.indexOf(key); }));
    const ids = Object.keys(store.rows).filter(function (id) {
      return wanted.has(store.rows[id][store.fields.indexOf("footprint")]);
    });
    const groups = new Map();
    ids.forEach(function (id) {
      const row = rowOf(id);
      const key = row.notebook + " · " + row.analysis;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    });
    const told = everything
      ? "This cell decides who is analysed or when: it is part of every result."
      : ids.length + " result rows of " + Object.keys(store.rows).length + " rest on this cell.";
    return [make("p", { text: told })].concat([...groups].map(function (pair) {
      return make("details", {}, [
        make("summary", { text: pair[0] + " (" + pair[1].length + ")" }),
        make("ul", {}, pair[1].slice(0, 200).map(function (row) {
          const link = make("a", { href: root + row.notebook + ".html#row=" + row.row_id,
                                   text: (row.label ? row.label + ": " : "") + brief(row) });
          return make("li", {}, [link]);
        })),
        pair[1].length > 200 ? make("p", { text: "and " + (pair[1].length - 200) + " more" }) : null,
      ]);
    }));
  }

  function holds(print, cell) {
    const index = PRRT.data.index;
    const read = print.cells.some(function (place) { return index.columns[place] === cell.address; });
    if (!read || !print.populations.length) return read;
    const place = index.patients.indexOf(cell.record);
    return place >= 0 && print.populations.some(function (name) {
      return index.populations[name][place];
    });
  }

  /* ---- numbers on the page ------------------------------------------------------------------ */

  /* One tab stop per table or sentence; the arrow keys go from number to number. */
  function prepare() {
    const groups = new Map();
    document.querySelectorAll("[data-rows]").forEach(function (node) {
      if (!node.dataset.rows.trim()) return;
      const holder = node.closest("table, p, figure, li") || node.parentNode;
      if (!groups.has(holder)) groups.set(holder, []);
      groups.get(holder).push(node);
      node.classList.add("trace-number");
      node.setAttribute("aria-haspopup", "dialog");
      node.title = node.title || "Where does this number come from?";
    });
    groups.forEach(function (nodes) {
      nodes.forEach(function (node, place) { node.tabIndex = place ? -1 : 0; });
    });
    document.addEventListener("click", function (event) {
      const node = event.target.closest(".trace-number");
      if (node && !event.target.closest("a, button, input, select, textarea") &&
          !String(window.getSelection())) open(node.dataset.rows.trim().split(/\s+/), node);
    });
    document.addEventListener("keydown", function (event) {
      const node = event.target;
      if (!node.classList || !node.classList.contains("trace-number")) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open(node.dataset.rows.trim().split(/\s+/), node);
        return;
      }
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const nodes = groups.get(node.closest("table, p, figure, li") || node.parentNode);
      const next = nodes[nodes.indexOf(node) + step];
      if (next) {
        event.preventDefault();
        node.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
    });
  }

  function fromAddress() {
    const found = /^#row=([0-9a-f]{12})$/.exec(location.hash);
    if (!found) return;
    const node = document.querySelector('[data-rows~="' + found[1] + '"]');
    if (node) {
      for (let box = node.closest("details"); box; box = box.parentElement.closest("details")) {
        box.open = true;
      }
      node.scrollIntoView({ block: "center" });
      node.classList.add("trace-here");
    }
    open([found[1]], node);
  }

  PRRT.open = open;
  PRRT.askCell = askCell;

  document.addEventListener("DOMContentLoaded", function () {
    prepare();
    document.querySelectorAll("[data-trace-cell]").forEach(function (node) {
      node.hidden = false;
      node.addEventListener("click", askCell);
    });
    window.addEventListener("hashchange", fromAddress);
    fromAddress();
    /* The two small files come while the reader reads, so that the first click answers at once. */
    if (document.querySelector(".trace-number")) {
      (window.requestIdleCallback || window.setTimeout)(function () { basics().catch(function () {}); });
    }
  });
})();
