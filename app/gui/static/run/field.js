// One setting of the form: a label, a way to enter it, and what is wrong with it.
//
// An empty field leaves the setting to pack, preset and defaults; what these say is shown in it,
// quietly, so that one sees what will hold.

import { h, setText } from "../dom.js";
import { current, set, setting } from "../draft.js";
import { live } from "../live.js";

let numbers = 0;

const KINDS = { number: numberInput, choice: choiceInput, text: textInput, switch: null, list: listInput };

/** Return {element, show(effective), refuse(message), path}: `effective` is the whole configuration. */
export function makeField(field) {
  const id = `field-${field.path.replaceAll(".", "-")}`;
  const errorId = `${id}-error`;
  const input = KINDS[field.kind](field, id);
  const error = h("p", { class: "field-error", id: errorId, hidden: true });
  const element = h("div", { class: `field ${field.span ?? ""}` },
    h("label", { text: field.label, htmlFor: id }), input.element, error);
  return {
    path: field.path,
    element,
    show(effective) {
      element.classList.toggle("changed", setting(field.path) !== undefined);
      input.show(setting(field.path), setting(field.path, effective));
    },
    refuse(message) {
      setText(error, message ?? "");
      error.hidden = !message;
      input.element.setAttribute("aria-invalid", String(Boolean(message)));
      if (message) input.element.setAttribute("aria-describedby", errorId);
      else input.element.removeAttribute("aria-describedby");
    },
  };
}

const isFocused = (element) => document.activeElement === element;

function numberInput(field, id) {
  const element = h("input", { id, type: "number", step: "any", inputMode: "decimal", autocomplete: "off" });
  element.dataset.step = field.step;
  element.addEventListener("input", () => set(field.path, element.value === "" ? undefined : Number(element.value)));
  element.addEventListener("keydown", (event) => stepBy(event, element, field));
  return {
    element,
    show(value, effective) {
      if (!isFocused(element)) element.value = value ?? "";
      element.placeholder = shown(effective, field);
    },
  };
}

/** Let the arrow keys step from what holds, not from nothing. */
function stepBy(event, element, field) {
  const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!direction || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  const from = Number(element.value === "" ? element.placeholder : element.value) || 0;
  element.value = String(Number((from + direction * field.step).toFixed(4)));
  element.dispatchEvent(new Event("input"));
}

/** What an empty field says: what holds then. A drawn seed is another one each time. */
const shown = (value, field) => {
  if (field.isDrawn) return current().pack_id || current().preset ? "pack's or random" : "random";
  if (value === null || value === undefined) return "as set";
  return Array.isArray(value) ? value.join(", ") : String(value);
};

function choiceInput(field, id) {
  const element = h("select", { id });
  element.addEventListener("change", () => set(field.path, element.value === "" ? undefined : element.value));
  let known = null;
  return {
    element,
    show(value, effective) {
      const names = field.options ?? live.choices?.[field.choices]?.names ?? [];
      const options = [["", inherited(effective, value)], ...withValue(names, value).map((name) => [name, name])];
      const now = JSON.stringify(options);
      if (now !== known) element.replaceChildren(...options.map(([key, text]) => h("option", { value: key, text })));
      known = now;
      element.value = value ?? "";
    },
  };
}

/** What an unset choice is called: what holds then, once that is known. */
function inherited(effective, value) {
  if (value !== undefined) return "as pack or preset says";
  return effective === null || effective === undefined ? "the WebUI's own" : String(effective);
}

const withValue = (names, value) => (value === undefined || names.includes(value) ? names : [value, ...names]);

function textInput(field, id) {
  const element = h("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  element.addEventListener("input", () => set(field.path, element.value === "" ? undefined : element.value));
  return {
    element,
    show(value, effective) {
      if (!isFocused(element)) element.value = value ?? "";
      element.placeholder = effective ?? "";
    },
  };
}

/** Several names with commas between; suggestions come from the server's list. */
function listInput(field, id) {
  const suggestions = h("datalist", { id: `${id}-names-${++numbers}` });
  const element = h("input", { id, type: "text", autocomplete: "off", spellcheck: false });
  element.setAttribute("list", suggestions.id);
  element.after(suggestions);
  element.addEventListener("input", () => {
    const names = element.value.split(",").map((name) => name.trim()).filter(Boolean);
    set(field.path, names.length ? names : undefined);
  });
  return {
    element,
    show(value, effective) {
      const names = live.choices?.[field.choices]?.names ?? [];
      if (suggestions.childElementCount !== names.length) suggestions.replaceChildren(...names.map((name) => h("option", { value: name })));
      if (!suggestions.isConnected) element.after(suggestions);
      if (!isFocused(element)) element.value = (value ?? []).join(", ");
      element.placeholder = (effective ?? []).join(", ") || "none";
    },
  };
}

/** Return the switch of a card: what it shows is what holds; pressing it sets it. */
export function makeSwitch(path, label) {
  const element = h("input", { type: "checkbox", class: "switch", id: `field-${path.replaceAll(".", "-")}`, ariaLabel: label });
  element.addEventListener("change", () => set(path, element.checked));
  return {
    path,
    element,
    show(effective) {
      element.checked = Boolean(setting(path, current().config) ?? setting(path, effective));
    },
    refuse() {},
  };
}
