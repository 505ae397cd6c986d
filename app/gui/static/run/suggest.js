// Names to choose from while a prompt is written: `<lora:` and `<embedding:` list what the WebUI has.

import { fill, h } from "../dom.js";
import { live } from "../live.js";

const MOST = 8;
const OPEN_TAG = /<(lora|embedding|hypernet)?:?([^<>:]*)$/i;
const KINDS = {
  lora: ["loras", (name) => `<lora:${name}:1>`],
  embedding: ["embeddings", (name) => `<embedding:${name}>`],
  hypernet: ["hypernetworks", (name) => `<hypernet:${name}:1>`],
};

/** Have a list of names come up below a text area where a tag is begun; return the list. */
export function suggestIn(area) {
  const list = h("ul", { class: "suggestions", id: `${area.id}-names`, role: "listbox", ariaLabel: "Names that the WebUI has", hidden: true });
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let found = [];
  let active = 0;

  function look() {
    const tag = OPEN_TAG.exec(area.value.slice(0, area.selectionStart));
    found = tag ? matching(tag[1]?.toLowerCase(), tag[2].toLowerCase()) : [];
    active = 0;
    show();
  }

  function show() {
    list.hidden = found.length === 0;
    fill(list, ...found.map((one, index) =>
      h("li", { role: "option", id: `${list.id}-${index}`, "aria-selected": String(index === active), on: { mousedown: (event) => (event.preventDefault(), take(one)) } },
        h("span", { text: one.name }), h("span", { class: "quiet", text: one.kind }))));
    if (found.length) area.setAttribute("aria-activedescendant", `${list.id}-${active}`);
    else area.removeAttribute("aria-activedescendant");
  }

  function take({ text }) {
    const end = area.selectionStart;
    const start = OPEN_TAG.exec(area.value.slice(0, end)).index;
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input"));
    close();
  }

  function close() {
    found = [];
    show();
  }

  const MOVES = {
    ArrowDown: () => ((active = (active + 1) % found.length), show()),
    ArrowUp: () => ((active = (active + found.length - 1) % found.length), show()),
    Enter: () => take(found[active]),
    Tab: () => take(found[active]),
    Escape: close,
  };
  area.addEventListener("input", look);
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (!found.length || !(event.key in MOVES) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    MOVES[event.key]();
  });
  return list;
}

/** Return {name, kind, text} of what fits; without a kind, of all kinds. */
function matching(kind, typed) {
  const kinds = kind ? [kind] : Object.keys(KINDS);
  const all = kinds.flatMap((one) => {
    const [choices, text] = KINDS[one];
    return (live.choices?.[choices]?.names ?? []).map((name) => ({ name, kind: one, text: text(name) }));
  });
  return all.filter(({ name }) => name.toLowerCase().includes(typed)).slice(0, MOST);
}
