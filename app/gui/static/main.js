// The page's start: the frame, the views, the stream of events.

import { byId } from "./dom.js";
import { startConnection } from "./connection.js";
import { icon } from "./icons.js";
import { startDrop } from "./drop.js";
import { bind, showKeys, startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { go, startRouter } from "./router.js";
import { startTheme } from "./theme.js";
import { startTitle } from "./title.js";
import { startGallery } from "./views/gallery.js";
import { startPacks } from "./views/packs.js";
import { startQueue } from "./views/queue.js";
import { startRun } from "./views/run.js";

startTheme(byId("theme"));
startKeys();
byId("keys").addEventListener("click", showKeys);
for (const [number, view, name] of [["1", "run", "Run"], ["2", "queue", "Queue"], ["3", "gallery", "Gallery"], ["4", "packs", "Packs"]]) {
  bind(number, "Everywhere", `Go to ${name}`, () => go(view));
}
for (const one of document.querySelectorAll("[data-icon]")) one.prepend(icon(one.dataset.icon));
byId("skip-link").addEventListener("click", (event) => (event.preventDefault(), byId("main").focus()));
for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
startConnection();
startDrop();
startTitle();
startRun(byId("view-run"));
startQueue(byId("view-queue"));
startGallery(byId("view-gallery"));
startPacks(byId("view-packs"));
startRouter();
startLive();
