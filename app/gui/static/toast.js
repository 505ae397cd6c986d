// Short messages at the edge of the page, read out by screen readers.

import { byId, h } from "./dom.js";

const STAYS_MS = 6000;
const WITH_ACTION_MS = 12000;
const MOST = 4;

/** Say something; with `action` ({label, run}) there is a button, as for Undo. */
export function toast(text, { bad = false, action = null } = {}) {
  const place = byId(bad ? "alerts" : "toasts");
  const message = h("div", { class: bad ? "toast bad" : "toast" }, h("span", { text }));
  const close = () => message.remove();
  if (action) message.append(h("button", { class: "link", text: action.label, on: { click: () => (close(), action.run()) } }));
  message.append(h("button", { class: "link quiet", text: "Close", on: { click: close } }));
  place.append(message);
  while (place.children.length > MOST) place.firstElementChild.remove();
  if (!bad) setTimeout(close, action ? WITH_ACTION_MS : STAYS_MS);
}

/** Show what went wrong with what was asked: the server's words, and what to do. */
export function toastError(error) {
  toast(error.sentence ?? error.message, { bad: true });
}

/** Do something that talks to the server, and say so if it does not work; tells whether it did. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
