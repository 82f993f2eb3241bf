"use strict";
// Everything is shown through textContent: documents and queries are data, whatever they contain.

const content = JSON.parse(document.getElementById("content").textContent);
const pairs = content.pairs;
const memory = `suspects ${content.collection}`;
const KEYS = { k: "keep", r: "replace", d: "drop" };
const by = (id) => document.getElementById(id);
const keyOf = (pair) => JSON.stringify([pair.query_id, pair.doc_id]);
// a replacement names its document, since another list of suspects may propose another one
const wordOf = (pair, decision) =>
  decision === "replace" ? `replace ${pair.likely_doc_id}` : decision;

let at = 0;
const decisions = recalled();
const rows = pairs.map(listed);

/** Returns the decisions of an earlier visit; a browser may keep nothing for files. */
function recalled() {
  try {
    return new Map(JSON.parse(localStorage.getItem(memory) || "[]"));
  } catch {
    return new Map();
  }
}

function remember() {
  try {
    localStorage.setItem(memory, JSON.stringify([...decisions]));
  } catch {
    // then they last as long as the page
  }
}

/** Adds a pair to the list of all, and returns its parts. */
function listed(pair, place) {
  const [row, button] = [document.createElement("li"), document.createElement("button")];
  const [rank, mark, words] = [0, 1, 2].map(() => document.createElement("span"));
  rank.textContent = pair.rank;
  words.textContent = pair.query;
  words.className = "words";
  button.type = "button";
  button.append(rank, mark, words);
  button.addEventListener("click", () => show(place));
  row.append(button);
  by("list").append(row);
  return { button, mark };
}

/** Returns what is decided about a pair; undefined: nothing, or to replace it by another document. */
function decisionOf(pair) {
  const word = decisions.get(keyOf(pair));
  return Object.values(KEYS).find((decision) => wordOf(pair, decision) === word);
}

function show(place) {
  at = Math.max(0, Math.min(place, pairs.length - 1));
  const pair = pairs[at];
  by("place").textContent = `${at + 1} of ${pairs.length}, evidence ${pair.evidence}`;
  by("query").textContent = pair.query;
  by("labelled-id").textContent = pair.doc_id;
  by("likely-id").textContent = pair.likely_doc_id;
  for (const side of ["labelled", "likely"]) {
    by(side).textContent = pair[side] || "none";
    by(side).parentElement.scrollTop = 0;
  }
  by("previous").disabled = at === 0;
  by("next").disabled = at === pairs.length - 1;
  mark();
}

/** Shows what is decided. */
function mark() {
  const decided = decisionOf(pairs[at]);
  for (const button of document.querySelectorAll("[data-decision]")) {
    button.setAttribute("aria-pressed", String(button.dataset.decision === decided));
    button.disabled = button.dataset.decision === "replace" && !pairs[at].likely_doc_id;
  }
  by("undo").disabled = decided === undefined;
  let count = 0;
  rows.forEach((row, place) => {
    const decision = decisionOf(pairs[place]) || "";
    count += decision !== "";
    row.mark.textContent = decision;
    row.mark.className = decision;
    row.button.setAttribute("aria-current", String(place === at));
  });
  by("decided").textContent = `${count} of ${pairs.length} decided`;
}

function decide(decision) {
  if (decision === "replace" && !pairs[at].likely_doc_id) return;
  decisions.set(keyOf(pairs[at]), wordOf(pairs[at], decision));
  remember();
  show(at + 1);
}

function undo() {
  decisions.delete(keyOf(pairs[at]));
  remember();
  mark();
}

/** Returns the decisions about the pairs of this page, in their order. */
function records() {
  return pairs
    .map((pair) => ({ ...pair, decision: decisionOf(pair) }))
    .filter((pair) => pair.decision !== undefined)
    .map((pair) => Object.fromEntries(content.fields.map((field) => [field, pair[field]])));
}

function asTsv() {
  const lines = records().map((record) => content.fields.map((field) => record[field]));
  const table = [content.fields, ...lines].map((cells) => cells.join("\t")).join("\n");
  return `${content.mark}${content.collection}\n${table}\n`;
}

function asJson() {
  return `${JSON.stringify({ collection: content.collection, decisions: records() }, null, 1)}\n`;
}

function download(text, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = `decisions-${content.name}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !pairs.length) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key in KEYS) decide(KEYS[key]);
  else if (key === "u") undo();
  else if (key === "ArrowLeft") show(at - 1);
  else if (key === "ArrowRight") show(at + 1);
  else return;
  event.preventDefault();
});
for (const button of document.querySelectorAll("[data-decision]")) {
  button.addEventListener("click", () => decide(button.dataset.decision));
}
by("undo").addEventListener("click", undo);
by("previous").addEventListener("click", () => show(at - 1));
by("next").addEventListener("click", () => show(at + 1));
by("tsv").addEventListener("click", () => download(asTsv(), "tsv"));
by("json").addEventListener("click", () => download(asJson(), "json"));
show(0);
