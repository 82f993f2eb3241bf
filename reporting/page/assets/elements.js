"use strict";
// Everything is shown through textContent: documents and queries are data, whatever they contain.

const content = JSON.parse(document.getElementById("content").textContent);

/** Makes an element; children are elements or strings. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Makes a labelled choice; options are [value, text]. */
function choice(label, options, chosen, changed) {
  const select = make("select", { onchange: () => changed(select.value) });
  for (const [value, text] of options) select.append(make("option", { value }, text));
  select.value = chosen;
  return make("label", {}, label, select);
}

const fixed = (value, digits = 4) => (value === null ? "–" : value.toFixed(digits));
const signed = (value) => (value > 0 ? "+" : "") + fixed(value);
