// What runs just now and what came last, beside the form: pictures first.

import { api } from "../api.js";
import { coalesced, fill, h, reconcile } from "../dom.js";
import { brief } from "../format.js";
import { live, on } from "../live.js";
import { makeRunning, updateRunning } from "../queue/running.js";
import { go } from "../router.js";

const LATEST = 12;

/** Return the element; it keeps itself up to date. */
export function makeNow() {
  const running = h("div", { class: "now-running" });
  const latest = h("ul", { class: "latest" });
  const empty = h("p", { class: "empty", text: "The pictures you make show here. Write a prompt and press Ctrl+Enter." });
  const title = h("div", { class: "panel-head" }, h("h2", { text: "Latest pictures" }), h("a", { href: "#gallery", text: "Gallery" }));

  const load = coalesced(async () => {
    const answer = await api.history({ limit: LATEST }).catch(() => null);
    if (!answer) return;
    const pictures = answer.jobs.filter((row) => row.images.length);
    empty.hidden = pictures.length > 0;
    title.hidden = !empty.hidden;
    fill(latest, ...pictures.map((row, index) => thumb(row, index === 0)));
  });

  on("queue", (queue) => reconcile(running, queue.running, (job) => job.id, makeRunning, updateRunning));
  on("progress", () => live.queue && reconcile(running, live.queue.running, (job) => job.id, makeRunning, updateRunning));
  on("history", load);
  return h("div", {}, running, title, latest, empty);
}

/** The newest picture is whole, the others are small. */
function thumb(row, isWhole) {
  const image = row.images.at(-1);
  const picture = h("img", { src: isWhole ? image.url : image.thumb_url, alt: brief(row.prompt, 80), width: image.width, height: image.height });
  return h("li", {}, h("button", { type: "button", class: "thumb", title: brief(row.prompt), on: { click: () => go("gallery", row.id) } }, picture));
}
