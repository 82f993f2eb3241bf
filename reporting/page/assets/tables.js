"use strict";
// Tables: sorted by the buttons in their headers, filtered by choices and words, shown a page of rows at a time.

const PAGE = 100;
const MARKS = { 1: ["▲", "better", "significantly better than the baseline"], "-1": ["▼", "worse", "significantly worse than the baseline"] };

const sortKey = (cell) => (Array.isArray(cell) ? cell[0] : cell);

function compareCells(column, ascending) {
  return (left, right) => {
    const [a, b] = [sortKey(left), sortKey(right)];
    if (a === null || b === null) return (a === null) - (b === null); // what does not exist is last, either way
    const order = column.kind === "text" ? a.localeCompare(b, "en") : a - b;
    return ascending ? order : -order;
  };
}

function scoreCell([mean, sd, best, mark]) {
  const cell = make("td", { class: best ? "number best" : "number" }, fixed(mean));
  if (sd !== null) cell.append(make("span", { class: "sd" }, ` ± ${fixed(sd)}`));
  if (best) cell.append(make("span", { title: "best under its condition", role: "img", "aria-label": "best" }, " ★"));
  if (MARKS[mark]) {
    const [sign, name, words] = MARKS[mark];
    cell.append(make("span", { class: name, title: words, role: "img", "aria-label": words }, ` ${sign}`));
  }
  return cell;
}

const probability = (value) => (value === null ? "–" : value !== 0 && value < 0.001 ? value.toExponential(1) : fixed(value));
const plainNumber = (value) => (value === null ? "–" : String(value));

function tableCell(column, cell) {
  if (column.kind === "score") return scoreCell(cell);
  if (column.kind === "p") return make("td", { class: "number" }, probability(cell));
  if (column.kind === "interval") return make("td", { class: "number" }, `${signed(cell[0])} to ${signed(cell[1])}`);
  if (column.kind === "counts") return make("td", { class: "number" }, cell.join(" / "));
  if (column.kind === "value") return make("td", { class: "number" }, fixed(cell));
  if (column.kind === "number") return make("td", { class: "number" }, plainNumber(cell));
  return make("td", ["better", "worse"].includes(cell) ? { class: cell } : {}, cell === null ? "–" : cell);
}

class SortableTable {
  constructor(section, { columns, rows }) {
    Object.assign(this, { columns, rows, sorted: null, ascending: true, shown: PAGE, filters: new Map(), words: "" });
    this.visible = columns.map((column, place) => place).filter((place) => !columns[place].filter || this.values(place).length > 1);
    this.count = make("span", { class: "count", role: "status" });
    this.body = make("tbody");
    this.headers = columns.map((column, place) => this.header(column, place));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...this.visible.map((place) => this.headers[place]))), this.body);
    table.setAttribute("aria-labelledby", `${section.id}-heading`);
    this.more = make("button", { class: "more", type: "button", onclick: () => this.show(this.shown + PAGE * 5) }, "Show more rows");
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table ${section.id}` }, table);
    section.append(this.constants(), this.controls(), scroll, this.more);
    this.show(PAGE);
  }

  values(place) {
    const values = [...new Set(this.rows.map((row) => row[place]))];
    return values.sort((a, b) => (this.columns[place].kind === "text" ? a.localeCompare(b, "en") : a - b));
  }

  /** What is the same in all rows is said once. */
  constants() {
    const same = this.columns.map((column, place) => place).filter((place) => !this.visible.includes(place));
    const words = same.map((place) => `${this.columns[place].label} ${this.rows[0][place]}`);
    return make("p", { class: "caption" }, words.length ? `All rows: ${words.join(", ")}.` : "");
  }

  header(column, place) {
    const button = make("button", { type: "button", onclick: () => this.sort(place) }, column.label);
    return make("th", { scope: "col", class: column.kind === "text" ? "" : "number", "aria-sort": "none" }, button);
  }

  controls() {
    const controls = make("div", { class: "controls" });
    this.columns.forEach((column, place) => {
      if (!column.filter || !this.visible.includes(place)) return;
      const options = [["", "all"], ...this.values(place).map((value) => [String(value), String(value)])];
      if (column.chosen) this.filters.set(place, column.chosen);
      controls.append(choice(column.label, options, column.chosen, (value) => this.filter(place, value)));
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
    this.ascending = this.sorted === place ? !this.ascending : this.columns[place].kind !== "score"; // the best scores first
    this.sorted = place;
    this.headers.forEach((header, other) => {
      header.setAttribute("aria-sort", other !== place ? "none" : this.ascending ? "ascending" : "descending");
    });
    this.show(PAGE);
  }

  chosen() {
    const texts = this.columns.map((column, place) => place).filter((place) => this.columns[place].kind === "text");
    const rows = this.rows.filter(
      (row) =>
        [...this.filters].every(([place, value]) => String(row[place]) === value) &&
        (this.words === "" || texts.some((place) => String(row[place]).toLowerCase().includes(this.words))),
    );
    if (this.sorted === null) return rows;
    const compare = compareCells(this.columns[this.sorted], this.ascending);
    return rows.sort((left, right) => compare(left[this.sorted], right[this.sorted]));
  }

  show(number) {
    const rows = this.chosen();
    this.shown = Math.min(number, rows.length);
    this.body.replaceChildren(
      ...rows.slice(0, this.shown).map((row) => make("tr", {}, ...this.visible.map((place) => tableCell(this.columns[place], row[place])))),
    );
    this.count.textContent = `${this.shown} of ${rows.length} rows` + (rows.length < this.rows.length ? ` (${this.rows.length} in all)` : "");
    this.more.hidden = this.shown === rows.length;
  }
}

for (const section of document.querySelectorAll("[data-table]")) new SortableTable(section, content.tables[section.dataset.table]);
