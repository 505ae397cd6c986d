// One question at a time, in a dialog of the page.

import { byId } from "./dom.js";

/**
 * Ask for a name, or only whether to go on where there is no `label`; return the text, or null for no.
 *
 * @returns {Promise<string|null>}
 */
export function ask({ title, label = "", value = "", yes }) {
  const dialog = byId("ask-dialog");
  const input = byId("ask-input");
  byId("ask-title").textContent = title;
  byId("ask-label").textContent = label;
  byId("ask-field").hidden = !label;
  byId("ask-yes").textContent = yes;
  input.value = value;
  input.required = Boolean(label);
  dialog.returnValue = "";
  dialog.showModal();
  if (label) input.select();
  return new Promise((answer) => {
    byId("ask-form").onsubmit = () => answer(label ? input.value.trim() : "yes");
    dialog.onclose = () => answer(null); // after a submit this comes too late to matter
  });
}
