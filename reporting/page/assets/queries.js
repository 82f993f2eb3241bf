"use strict";
// The drill-down: a condition, one of its queries, and two losses whose rankings stand side by side.

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
    const titles = this.conditions.map((found, place) => [String(place), `${found.dataset}, ${found.model}, ${found.noise} ${found.ratio}`]);
    const names = losses.map((loss, place) => [String(place), loss]);
    const controls = make("div", { class: "controls" }, choice("condition", titles, String(this.place), (value) => this.open(Number(value))));
    const sides = losses.length > 1 ? ["left", "right"] : [];
    sides.forEach((side, which) => {
      controls.append(choice(`${side} loss`, names, String(this.sides[which]), (value) => this.choose(which, Number(value))));
    });
    this.detail = make("div", { class: "detail" });
    this.list = make("ul", { class: "choices", "aria-label": "Queries" });
    const reason = this.collection.reason;
    this.root.replaceChildren(
      controls,
      make("p", { class: "note" }, reason ? `Texts and judgements of ${this.condition.dataset} are not shown: ${reason}.` : ""),
      queries.length ? make("div", { class: "drill" }, this.list, this.detail) : make("p", {}, "No query differs between the first two losses."),
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
    this.list.replaceChildren(...this.condition.queries.map((query, place) => make("li", {}, this.button(query, place))));
    const query = this.condition.queries[this.query];
    const [left, right] = this.sides;
    this.detail.replaceChildren(
      make("p", { class: "query" }, query.text ?? query.id),
      make("p", { class: "soft" }, `Query ${query.id}. `, this.verdict(query)),
      make("div", { class: "sides" }, this.side(query, left), left === right ? null : this.side(query, right)),
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
    const attributes = { type: "button", "aria-pressed": String(place === this.query), onclick: () => this.select(place) };
    return make("button", attributes, number, make("span", { class: "words" }, query.text ?? query.id));
  }

  verdict(query) {
    const [left, right] = this.sides.map((loss) => this.condition.losses[loss]);
    return left === right ? "" : `${this.measure} of ${left} minus that of ${right}, averaged over seeds: ${signed(this.gain(query))}.`;
  }

  side(query, loss) {
    const { losses, seed, seeds } = this.condition;
    const [mean, value] = query.values[loss];
    const known = query.runs[loss];
    const found = query.relevant.map((document, place) => [document, query.ranks[loss][place]]);
    const ranks = found.map(([document, rank]) => `${this.collection.documents[document][0]}: ${rank ? `rank ${rank}` : "not retrieved"}`);
    const average = seeds[loss] > 1 ? `; mean of ${seeds[loss]} seeds ${fixed(mean)}` : "";
    return make(
      "div",
      { class: "side" },
      make("h4", {}, losses[loss]),
      make("p", { class: "soft" }, `Seed ${seed}: ${this.measure} ${fixed(value)}${average}. ${ranks.length ? `Relevant: ${ranks.join("; ")}.` : ""}`),
      known.length
        ? make("ol", { class: "ranking" }, ...known.map((document, place) => this.document(query, document, place + 1)))
        : make("p", { class: "note" }, "run.trec has no documents of this query."),
    );
  }

  document(query, document, rank) {
    const [id, text] = this.collection.documents[document];
    const judged = query.judged.find(([other]) => other === document);
    const relevant = query.relevant.includes(document);
    const words = judged ? `${relevant ? "relevant" : "not relevant"}, grade ${judged[1]}` : "not judged";
    const [number, ...labels] = this.condition.audit[document] ?? [0];
    return make(
      "li",
      relevant ? { class: "relevant" } : {},
      make("span", { class: "id" }, `${rank}. ${id} `),
      this.collection.reason ? null : make("span", { class: relevant ? "badge relevant" : "badge" }, words),
      ...[...new Set(labels.map(([what]) => what))].flatMap((what) => [" ", make("span", { class: `badge ${what}` }, PLACES[what])]),
      text === null ? null : make("p", {}, text),
      number ? this.labels(number, labels) : null,
    );
  }

  labels(number, labels) {
    const items = labels.map(([what, query, other, rank, similarity]) => {
      const [id, text] = this.collection.train[query];
      const partner = other === null ? "" : ` ${what === "inserted" ? "in the place of" : "to"} ${this.collection.documents[other][0]}`;
      const drawn = rank === null ? "" : `, rank ${rank} of its candidates`;
      const alike = similarity === null ? "" : `, similarity ${fixed(similarity, 2)}`;
      const deed = what === "inserted" ? "Labelled relevant" : "Its label of relevance was taken";
      return make("li", {}, `${deed}${partner} for the training query “${text ?? id}”${drawn}${alike}.`);
    });
    if (number > labels.length) items.push(make("li", {}, `And ${number - labels.length} more: audit.tsv.`));
    const title = `${number} corrupted training label${number === 1 ? "" : "s"} (seed ${this.condition.seed})`;
    return make("details", {}, make("summary", {}, title), make("ul", {}, ...items));
  }
}

if (content.queries.conditions.length) new DrillDown(document.getElementById("drill-down"), content.queries);
