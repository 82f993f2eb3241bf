"use strict";
// Tables: sorted by the buttons in their headers, filtered by choices and words, shown in pages.

const PAGE = 100;
const MARKS = {
  1: ["▲", "better", "significantly better than the baseline"],
  "-1": ["▼", "worse", "significantly worse than the baseline"],
};

const sortKey = (cell) => (Array.isArray(cell) ? cell[0] : cell);

function compareCells(column, ascending) {
  return (left, right) => {
    const [a, b] = [sortKey(left), sortKey(right)];
    if (a === null || b === null) return (a === null) - (b === null); // missing values come last
    const order = column.kind === "text" ? a.localeCompare(b, "en") : a - b;
    return ascending ? order : -order;
  };
}

const symbol = (attributes, sign) => make("span", { role: "img", ...attributes }, ` ${sign}`);

function scoreCell([mean, sd, best, mark]) {
  const cell = make("td", { class: best ? "number best" : "number" }, fixed(mean));
  if (sd !== null) cell.append(make("span", { class: "sd" }, ` ± ${fixed(sd)}`));
  if (best) cell.append(symbol({ title: "best under its condition", "aria-label": "best" }, "★"));
  if (MARKS[mark]) {
    const [sign, name, words] = MARKS[mark];
    cell.append(symbol({ class: name, title: words, "aria-label": words }, sign));
  }
  return cell;
}

const ALL = 1; // natural noise with every differing label
const words = ({ kind }, value) => (kind === "ratio" && value === ALL ? "all" : String(value));

const NUMBERS = {
  p: (value) => (value > 0 && value < 0.001 ? value.toExponential(1) : fixed(value)),
  interval: ([low, high]) => `${signed(low)} to ${signed(high)}`,
  counts: (values) => values.join(" / "),
  value: (value) => fixed(value),
  number: (value) => (value === null ? "–" : String(value)),
  ratio: (value) => words({ kind: "ratio" }, value),
};

function tableCell({ kind }, cell) {
  if (kind === "score") return scoreCell(cell);
  if (kind in NUMBERS) return make("td", { class: "number" }, NUMBERS[kind](cell));
  const attributes = ["better", "worse"].includes(cell) ? { class: cell } : {};
  return make("td", attributes, cell === null ? "–" : cell);
}

class SortableTable {
  constructor(section, { columns, rows }) {
    Object.assign(this, { columns, rows, sorted: null, ascending: true, shown: PAGE });
    Object.assign(this, { filters: new Map(), words: "" });
    const places = columns.map((column, place) => place);
    const varies = (place) => this.values(place).length > 1;
    this.visible = places.filter((place) => !columns[place].filter || varies(place));
    this.count = make("span", { class: "count", role: "status" });
    this.body = make("tbody");
    this.headers = columns.map((column, place) => this.header(column, place));
    const heads = make("tr", {}, ...this.visible.map((place) => this.headers[place]));
    const table = make("table", {}, make("thead", {}, heads), this.body);
    table.setAttribute("aria-labelledby", `${section.id}-heading`);
    const onclick = () => this.show(this.shown + PAGE * 5);
    this.more = make("button", { class: "more", type: "button", onclick }, "Show more rows");
    const region = { tabindex: "0", role: "region", "aria-label": `Table ${section.id}` };
    const scroll = make("div", { class: "scroll", ...region }, table);
    section.append(this.constants(), this.controls(), scroll, this.more);
    this.show(PAGE);
  }

  values(place) {
    const values = [...new Set(this.rows.map((row) => row[place]))];
    const text = this.columns[place].kind === "text";
    return values.sort((a, b) => (text ? a.localeCompare(b, "en") : a - b));
  }

  /** Names the columns that have the same value in all rows. */
  constants() {
    const places = this.columns.map((column, place) => place);
    const same = places.filter((place) => !this.visible.includes(place));
    const named = same.map((place) => {
      const column = this.columns[place];
      return `${column.label} ${words(column, this.rows[0][place])}`;
    });
    return make("p", { class: "caption" }, named.length ? `All rows: ${named.join(", ")}.` : "");
  }

  header(column, place) {
    const onclick = () => this.sort(place);
    const button = make("button", { type: "button", onclick }, column.label);
    const kind = column.kind === "text" ? "" : "number";
    return make("th", { scope: "col", class: kind, "aria-sort": "none" }, button);
  }

  controls() {
    const controls = make("div", { class: "controls" });
    this.columns.forEach((column, place) => {
      if (!column.filter || !this.visible.includes(place)) return;
      const values = this.values(place).map((value) => [String(value), words(column, value)]);
      const options = [["", "all"], ...values];
      if (column.chosen) this.filters.set(place, column.chosen);
      const filter = (value) => this.filter(place, value);
      controls.append(choice(column.label, options, column.chosen, filter));
    });
    const search = make("input", { type: "search", oninput: () => this.search(search.value) });
    controls.append(make("label", {}, "contains", search), this.count);
    return controls;
  }

  filter(place, value) {
    if (value === "") this.filters.delete(place);
    else this.filters.set(place, value);
    this.show(PAGE);
  }

  search(words) {
    this.words = words.trim().toLowerCase();
    this.show(PAGE);
  }

  sort(place) {
    const bestFirst = this.columns[place].kind === "score";
    this.ascending = this.sorted === place ? !this.ascending : !bestFirst;
    this.sorted = place;
    this.headers.forEach((header, other) => {
      const order = this.ascending ? "ascending" : "descending";
      header.setAttribute("aria-sort", other === place ? order : "none");
    });
    this.show(PAGE);
  }

  chosen() {
    const places = this.columns.map((column, place) => place);
    const texts = places.filter((place) => this.columns[place].kind === "text");
    const has = (row, place) => String(row[place]).toLowerCase().includes(this.words);
    const rows = this.rows.filter(
      (row) =>
        [...this.filters].every(([place, value]) => String(row[place]) === value) &&
        (this.words === "" || texts.some((place) => has(row, place))),
    );
    if (this.sorted === null) return rows;
    const compare = compareCells(this.columns[this.sorted], this.ascending);
    return rows.sort((left, right) => compare(left[this.sorted], right[this.sorted]));
  }

  show(number) {
    const rows = this.chosen();
    this.shown = Math.min(number, rows.length);
    const line = (row) => {
      const cells = this.visible.map((place) => tableCell(this.columns[place], row[place]));
      return make("tr", {}, ...cells);
    };
    this.body.replaceChildren(...rows.slice(0, this.shown).map(line));
    const all = rows.length < this.rows.length ? ` (${this.rows.length} in all)` : "";
    this.count.textContent = `${this.shown} of ${rows.length} rows${all}`;
    this.more.hidden = this.shown === rows.length;
  }
}

for (const section of document.querySelectorAll("[data-table]")) {
  new SortableTable(section, content.tables[section.dataset.table]);
}
