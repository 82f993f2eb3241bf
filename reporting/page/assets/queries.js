"use strict";
// The drill-down: a condition, one of its queries, and the rankings of two losses side by side.

const PLACES = { inserted: "was given a wrong label", removed: "lost its label" };

class DrillDown {
  constructor(root, { conditions, collections, measure }) {
    Object.assign(this, { root, conditions, collections, measure });
    this.open(0);
  }

  open(place) {
    this.condition = this.conditions[place];
    this.place = place;
    this.collection = this.collections[this.condition.dataset];
    this.query = 0;
    this.sides = [0, Math.min(1, this.condition.losses.length - 1)];
    this.render();
  }

  render() {
    const { losses, queries } = this.condition;
    const titles = this.conditions.map(({ dataset, model, noise, ratio }, place) => {
      return [String(place), `${dataset}, ${model}, ${noise} ${ratio}`];
    });
    const names = losses.map((loss, place) => [String(place), loss]);
    const open = (value) => this.open(Number(value));
    const condition = choice("condition", titles, String(this.place), open);
    const controls = make("div", { class: "controls" }, condition);
    const sides = losses.length > 1 ? ["left", "right"] : [];
    sides.forEach((side, which) => {
      const choose = (value) => this.choose(which, Number(value));
      controls.append(choice(`${side} loss`, names, String(this.sides[which]), choose));
    });
    this.detail = make("div", { class: "detail" });
    this.list = make("ul", { class: "choices", "aria-label": "Queries" });
    const { reason } = this.collection;
    const what = `Texts and judgements of ${this.condition.dataset}`;
    const missing = reason ? `${what} are not shown: ${reason}.` : "";
    this.root.replaceChildren(
      controls,
      make("p", { class: "note" }, missing),
      queries.length
        ? make("div", { class: "drill" }, this.list, this.detail)
        : make("p", {}, "No query differs between the first two losses."),
    );
    if (queries.length) this.fill();
  }

  choose(which, loss) {
    this.sides[which] = loss;
    this.fill();
  }

  select(place) {
    this.query = place;
    this.fill();
    this.list.querySelectorAll("button")[place].focus();
  }

  gain(query) {
    const [left, right] = this.sides.map((loss) => query.values[loss][0]);
    return left - right;
  }

  fill() {
    const { queries } = this.condition;
    const buttons = queries.map((query, place) => make("li", {}, this.button(query, place)));
    this.list.replaceChildren(...buttons);
    const query = queries[this.query];
    const [left, right] = this.sides;
    this.detail.replaceChildren(
      make("p", { class: "query" }, query.text ?? query.id),
      make("p", { class: "soft" }, `Query ${query.id}. `, this.verdict(query)),
      make(
        "div",
        { class: "sides" },
        this.side(query, left),
        left === right ? null : this.side(query, right),
      ),
    );
  }

  button(query, place) {
    const single = this.condition.losses.length === 1;
    const gain = single ? 0 : this.gain(query);
    const number = make(
      "span",
      { class: `number ${gain > 0 ? "better" : gain < 0 ? "worse" : ""}` },
      single ? fixed(query.values[0][0]) : signed(gain),
    );
    const attributes = {
      type: "button",
      "aria-pressed": String(place === this.query),
      onclick: () => this.select(place),
    };
    const words = make("span", { class: "words" }, query.text ?? query.id);
    return make("button", attributes, number, words);
  }

  verdict(query) {
    const [left, right] = this.sides.map((loss) => this.condition.losses[loss]);
    if (left === right) return "";
    const gain = signed(this.gain(query));
    return `${this.measure} of ${left} minus that of ${right}, averaged over seeds: ${gain}.`;
  }

  side(query, loss) {
    const { losses, seed, seeds } = this.condition;
    const [mean, value] = query.values[loss];
    const known = query.runs[loss];
    const items = known.map((document, place) => this.document(query, document, place + 1));
    const ranks = query.relevant.map((document, place) => {
      const rank = query.ranks[loss][place];
      const [id] = this.collection.documents[document];
      return rank ? `${id}: rank ${rank}` : `${id}: not retrieved`;
    });
    const average = seeds[loss] > 1 ? `; mean of ${seeds[loss]} seeds ${fixed(mean)}` : "";
    const score = `Seed ${seed}: ${this.measure} ${fixed(value)}`;
    const relevant = ranks.length ? ` Relevant: ${ranks.join("; ")}.` : "";
    return make(
      "div",
      { class: "side" },
      make("h4", {}, losses[loss]),
      make("p", { class: "soft" }, `${score}${average}.${relevant}`),
      known.length
        ? make("ol", { class: "ranking" }, ...items)
        : make("p", { class: "note" }, "The run has no documents for this query, or is not kept."),
    );
  }

  document(query, document, rank) {
    const [id, text] = this.collection.documents[document];
    const judged = query.judged.find(([other]) => other === document);
    const relevant = query.relevant.includes(document);
    const verdict = relevant ? "relevant" : "not relevant";
    const words = judged ? `${verdict}, grade ${judged[1]}` : "not judged";
    const [number, ...labels] = this.condition.audit[document] ?? [0];
    const kinds = [...new Set(labels.map(([what]) => what))];
    const badge = (kind, text) => make("span", { class: kind ? `badge ${kind}` : "badge" }, text);
    return make(
      "li",
      relevant ? { class: "relevant" } : {},
      make("span", { class: "id" }, `${rank}. ${id} `),
      this.collection.reason ? null : badge(relevant ? "relevant" : "", words),
      ...kinds.flatMap((what) => [" ", badge(what, PLACES[what])]),
      text === null ? null : make("p", {}, text),
      number ? this.labels(number, labels) : null,
    );
  }

  labels(number, labels) {
    const items = labels.map(([what, query, other, rank, similarity]) => {
      const [id, text] = this.collection.train[query];
      const relation = what === "inserted" ? "instead of" : "to";
      const partner = other === null ? "" : ` ${relation} ${this.collection.documents[other][0]}`;
      const drawn = rank === null ? "" : `, rank ${rank} of its candidates`;
      const alike = similarity === null ? "" : `, similarity ${fixed(similarity, 2)}`;
      const deed = what === "inserted" ? "Labelled relevant" : "Lost its label";
      const where = `for the training query “${text ?? id}”`;
      return make("li", {}, `${deed}${partner} ${where}${drawn}${alike}.`);
    });
    if (number > labels.length) {
      items.push(make("li", {}, `audit.tsv has ${number - labels.length} more.`));
    }
    const noun = number === 1 ? "label" : "labels";
    const title = `${number} corrupted training ${noun} (seed ${this.condition.seed})`;
    return make("details", {}, make("summary", {}, title), make("ul", {}, ...items));
  }
}

if (content.queries.conditions.length) {
  new DrillDown(document.getElementById("drill-down"), content.queries);
}
