// Above the pictures: search, which jobs, how large, and how many there are.

import { debounced, h, setText } from "../dom.js";
import { icon } from "../icons.js";

const SEARCH_DELAY_MS = 250;
const FILTERS = [["", "Pictures"], ["favourite", "Favourites"], ["failed", "Failed"], ["interrupted", "Interrupted"], ["cancelled", "Cancelled"], ["all", "Everything"]];
const HEIGHTS = [["140", "Small"], ["220", "Medium"], ["340", "Large"]];
const HEIGHT_KEY = "gallery-height";

/**
 * Return {element, query(), filter(), height(), isNarrowed(), setCount(text), focus()}.
 *
 * `onAsk()` is called when the query changes, `onHeight()` when the size does, `onLeave()` when the
 * pictures shall have the focus.
 */
export function makeBar({ onAsk, onHeight, onLeave }) {
  const search = h("input", { type: "search", id: "search", placeholder: "Search prompts, packs, seeds…  /", ariaLabel: "Search the history", spellcheck: false, autocomplete: "off" });
  const filter = h("select", { id: "filter", ariaLabel: "Which jobs", on: { change: onAsk } }, FILTERS.map(option));
  const size = h("select", { id: "size", ariaLabel: "Size of the pictures" }, HEIGHTS.map(option));
  const total = h("span", { class: "quiet", role: "status", id: "gallery-count" });
  size.value = localStorage.getItem(HEIGHT_KEY) ?? (innerWidth < 600 ? "140" : "220");
  size.addEventListener("change", () => (localStorage.setItem(HEIGHT_KEY, size.value), onHeight()));
  search.addEventListener("input", debounced(onAsk, SEARCH_DELAY_MS));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.value) (event.preventDefault(), (search.value = ""), onAsk());
    if (event.key === "Enter" || event.key === "ArrowDown") (event.preventDefault(), onLeave());
  });
  return {
    element: h("div", { class: "gallery-bar" }, h("span", { class: "search" }, icon("search"), search), filter, size, total),
    filter: () => filter.value,
    height: () => Number(size.value),
    isNarrowed: () => Boolean(search.value || filter.value),
    query: () => ({ query: search.value.trim(), ...queryOf(filter.value) }),
    setCount: (text) => setText(total, text),
    focus: () => search.focus(),
  };
}

const option = ([value, text]) => h("option", { value, text });

function queryOf(filter) {
  if (filter === "favourite") return { favourite: true };
  return filter && filter !== "all" ? { status: filter } : {};
}
