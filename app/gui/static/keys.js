// The keyboard: one table of what each key does, from which the list of keys is made.

import { byId, fill, h } from "./dom.js";

const bindings = [];

/**
 * Bind a key. `keys` is like "Ctrl+Enter" or "f"; `where` names the view it works in, or "Everywhere";
 * `when` says whether it does just now; with `typing` it works in text fields too.
 */
export function bind(keys, where, does, run, { when = () => true, typing = false } = {}) {
  bindings.push({ keys, where, does, run, when, typing });
}

/** List a key that a view's own elements take care of. */
export function describe(keys, where, does) {
  bindings.push({ keys, where, does, when: () => false });
}

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  if (event.shiftKey && event.key.length > 1) parts.push("Shift");
  parts.push(event.key.length === 1 && parts.length ? event.key.toUpperCase() : event.key);
  return parts.join("+");
}

const isTyping = (target) =>
  target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT" ||
  (target.tagName === "INPUT" && !["checkbox", "radio", "range", "button"].includes(target.type));

function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  const typing = isTyping(event.target);
  const found = bindings.find((one) => one.keys.split(" or ").includes(name) && (one.typing || !typing) && one.when(event));
  if (!found) return;
  event.preventDefault();
  found.run(event);
}

function list() {
  const groups = new Map();
  for (const one of bindings) groups.set(one.where, [...(groups.get(one.where) ?? []), one]);
  return [...groups].map(([where, all]) =>
    h("section", {}, h("h3", { text: where }),
      h("dl", { class: "keys" }, all.map((one) => [
        h("dt", {}, one.keys.split(" or ").map((keys, n) => [n ? " or " : null, h("kbd", { text: written(keys) })]).flat()),
        h("dd", { text: one.does }),
      ]).flat())));
}

const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };
const written = (keys) => keys.replace(/Arrow\w+/g, (name) => SIGNS[name] ?? name);

export function showKeys() {
  fill(byId("keys-list"), ...list());
  byId("keys-dialog").showModal();
}

export function startKeys() {
  document.addEventListener("keydown", pressed);
  bind("?", "Everywhere", "Show this list", showKeys);
}
