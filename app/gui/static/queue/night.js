// A picture of the night: jobs over time, failures by kind, seconds an image by stage. Inline SVG.

import { api } from "../api.js";
import { coalesced, fill, h } from "../dom.js";
import { count, moment, stageName } from "../format.js";
import { svg } from "../icons.js";
import { on } from "../live.js";

const HOURS = [[6, "6 hours"], [12, "12 hours"], [24, "24 hours"], [168, "a week"]];
const WIDTH = 480;
const HEIGHT = 96;
const ENDS = ["succeeded", "cancelled", "interrupted", "failed"]; // from the bottom of a bar up

/** Return the element; it keeps itself up to date while it is in sight. */
export function makeNight() {
  const hours = h("select", { class: "small", ariaLabel: "Of how long", on: { change: () => load() } }, HOURS.map(([value, text]) => h("option", { value, text: `last ${text}` })));
  hours.value = "12";
  const body = h("div", { class: "night" });
  const load = coalesced(async () => {
    if (!body.isConnected || body.closest("[hidden]")) return;
    const found = await api.statistics(hours.value).catch(() => null);
    if (found) fill(body, ...show(found));
  });
  on("history", load);
  return { element: h("section", { class: "panel", ariaLabel: "The night" }, h("div", { class: "panel-head" }, h("h2", { text: "The night" }), hours), body), load };
}

function show({ buckets, by_status: sums, failures, stages, images }) {
  const ends = ENDS.filter((end) => sums[end]);
  if (!ends.length) return [h("p", { class: "empty", text: "No job has ended in this time." })];
  const words = ends.map((end) => `${sums[end]} ${end}`);
  const seconds = Object.entries(stages).map(([stage, time]) => [stageName(stage), time.seconds_an_image]);
  return [
    bars(buckets, `Jobs over time: ${words.join(", ")}`),
    h("ul", { class: "legend" }, ends.map((end, index) => h("li", { class: `end-${end}`, text: words[index] })), h("li", { class: "images", text: count(images, "image") })),
    ...table("Failures by kind", Object.entries(failures), String, "failed"),
    ...table("Seconds an image", seconds, (value) => `${value.toFixed(1)} s`, "succeeded"),
  ];
}

function bars(buckets, label) {
  const most = Math.max(...buckets.map(({ counts }) => Object.values(counts).reduce((sum, one) => sum + one, 0)));
  const wide = WIDTH / buckets.length;
  const drawn = buckets.flatMap(({ start, counts }, index) => {
    let y = HEIGHT;
    return ENDS.filter((end) => counts[end]).map((end) => {
      const height = (counts[end] / most) * (HEIGHT - 4);
      y -= height;
      const bar = svg("rect", { class: `end-${end}`, x: (index * wide + 0.5).toFixed(1), y: y.toFixed(1), width: Math.max(1, wide - 1).toFixed(1), height: height.toFixed(1), rx: 1 });
      const title = svg("title");
      title.textContent = `${moment(start)}: ${counts[end]} ${end}`;
      bar.append(title);
      return bar;
    });
  });
  const axis = svg("line", { class: "axis", x1: 0, y1: HEIGHT - 0.5, x2: WIDTH, y2: HEIGHT - 0.5 });
  const picture = svg("svg", { class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" }, axis, ...drawn);
  const ticks = [buckets[0], buckets[buckets.length >> 1], buckets.at(-1)].map(({ start }) => h("span", { text: moment(start) }));
  return h("figure", { class: "night-bars" }, picture, h("figcaption", { class: "ticks" }, ticks));
}

/** A small table whose rows have bars as long as their numbers. */
function table(title, entries, written, end) {
  if (!entries.length) return [];
  const most = Math.max(...entries.map(([, value]) => value));
  return [h("h3", { text: title }), h("dl", { class: "measures" }, entries.flatMap(([name, value]) => [
    h("dt", { text: name }), h("dd", {}, measure(value / most, end), h("span", { text: written(value) }))]))];
}

const measure = (share, end) =>
  svg("svg", { class: "measure", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: `end-${end}`, x: 0, y: 0, width: Math.max(1, share * 100), height: 8, rx: 2 }));
