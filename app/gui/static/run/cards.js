// The stages as cards. A card that is switched off shows its title alone.

import { h } from "../dom.js";
import { set, setting } from "../draft.js";
import { icon } from "../icons.js";
import { makeField, makeSwitch } from "./field.js";
import { CARDS, SIZES } from "./fields.js";

/** Return {elements, show(effective), refuse(place, message)} of all cards. */
export function makeCards() {
  let holds = {}; // the whole configuration as it would run now
  const cards = CARDS.map((card) => makeCard(card, () => holds));
  const fields = cards.flatMap((card) => card.fields);
  return {
    elements: cards.map((card) => card.element),
    show(effective) {
      holds = effective;
      for (const card of cards) card.show(effective);
      for (const field of fields) field.show(effective);
    },
    /** Show a refusal at the field that it is about; tell whether there is one. */
    refuse(place, message) {
      let found = false;
      for (const field of fields) {
        const is = Boolean(message) && field.path === place;
        field.refuse(is ? message : null);
        if (is) reveal(field);
        found ||= is;
      }
      return found;
    },
  };
}

const reveal = (field) => field.element.closest("details")?.setAttribute("open", "");

function makeCard(card, holding) {
  const toggle = card.enabled ? makeSwitch(card.enabled, card.title) : null;
  const groups = (card.groups ?? []).map(makeGroup);
  const body = makeBody(card);
  const inside = h("div", { class: "card-body" }, ...body.elements, ...groups.map((group) => group.element));
  const element = card.optional ? folded(card, inside) : h("section", { class: "card", ariaLabel: card.title }, head(card, toggle, holding), inside);
  return {
    element,
    fields: [...(toggle ? [toggle] : []), ...body.fields, ...groups.flatMap((group) => group.fields)],
    show(effective) {
      if (toggle) inside.hidden = !isOn(card.enabled, effective);
      for (const group of groups) group.show(effective);
    },
  };
}

function head(card, toggle, holding) {
  if (!toggle) return h("div", { class: "card-head" }, h("h2", { class: "card-title", text: card.title }), sizeTools(holding));
  const title = h("label", { class: "card-title", text: card.title, htmlFor: toggle.element.id });
  return h("div", { class: "card-head" }, title, toggle.element);
}

const folded = (card, inside) =>
  h("details", { class: "card" }, h("summary", { class: "card-head" }, h("span", { class: "card-title", text: card.title })), inside);

const isOn = (path, effective) => Boolean(setting(path) ?? setting(path, effective));

function makeGroup(group) {
  const toggle = makeSwitch(group.enabled, group.title);
  const body = makeBody(group);
  const inside = h("div", {}, ...body.elements);
  const label = h("label", { class: "group-title", text: group.title, htmlFor: toggle.element.id });
  return {
    element: h("div", { class: "group", role: "group", ariaLabel: group.title }, h("div", { class: "group-head" }, label, toggle.element), inside),
    fields: [toggle, ...body.fields],
    show: (effective) => (inside.hidden = !isOn(group.enabled, effective)),
  };
}

function makeBody({ fields = [], more = [] }) {
  const usual = fields.map(makeField);
  const rare = more.map(makeField);
  const elements = [usual.length ? h("div", { class: "fields" }, ...usual.map((field) => field.element)) : null];
  if (rare.length) {
    elements.push(h("details", { class: "more" }, h("summary", { text: "More settings" }),
      h("div", { class: "fields" }, ...rare.map((field) => field.element))));
  }
  return { elements: elements.filter(Boolean), fields: [...usual, ...rare] };
}

/** A list of usual sizes, and a button that turns the picture by a quarter. */
function sizeTools(holding) {
  const sizes = h("select", { ariaLabel: "Usual sizes", class: "small" },
    h("option", { value: "", text: "Size…" }),
    ...SIZES.map(([name, width, height]) => h("option", { value: `${width}x${height}`, text: `${name} · ${width}×${height}` })));
  sizes.addEventListener("change", () => {
    const [width, height] = sizes.value.split("x").map(Number);
    sizes.value = "";
    setSize(width, height);
  });
  const of = (name) => setting(`txt2img.${name}`) ?? setting(`txt2img.${name}`, holding());
  const turn = h("button", {
    type: "button", class: "icon-button small", title: "Swap width and height", ariaLabel: "Swap width and height",
    on: { click: () => setSize(of("height"), of("width")) },
  }, icon("swap"));
  return h("span", { class: "size-tools" }, sizes, turn);
}

function setSize(width, height) {
  set("txt2img.width", width);
  set("txt2img.height", height);
}
