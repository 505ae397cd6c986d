// Which view is shown, from the address: #run, #queue, #gallery, #packs; what follows is the view's.

import { byId } from "./dom.js";

const VIEWS = ["run", "queue", "gallery", "packs"];
const shown = new Map();

export const viewNow = () => (VIEWS.includes(parts()[0]) ? parts()[0] : VIEWS[0]);

const parts = () => location.hash.slice(1).split("/").map(decodeURIComponent);

/** Have `show(...rest)` called whenever the view is shown. */
export function route(view, show) {
  shown.set(view, show);
}

export function go(view, ...rest) {
  location.hash = [view, ...rest].map(encodeURIComponent).join("/");
}

function follow() {
  const now = viewNow();
  for (const view of VIEWS) {
    byId(`view-${view}`).hidden = view !== now;
    const link = byId(`to-${view}`);
    if (view === now) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  shown.get(now)?.(...parts().slice(1));
}

export function startRouter() {
  addEventListener("hashchange", follow);
  follow();
}
