// A picture of the night: jobs over time, failures by kind, seconds an image by stage. Inline SVG.

import { api } from "../api.js";
import { coalesced, fill, h } from "../dom.js";
import { count, stageName } from "../format.js";
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

function show({ slots, failures, seconds }) {
  const total = (slot) => ENDS.reduce((sum, end) => sum + (slot[end] ?? 0), 0);
  const all = slots.reduce((sum, slot) => sum + total(slot), 0);
  if (!all) return [h("p", { class: "empty", text: "No job has ended in this time." })];
  const sums = ENDS.map((end) => [end, slots.reduce((sum, slot) => sum + (slot[end] ?? 0), 0)]).filter(([, sum]) => sum);
  return [
    bars(slots, Math.max(...slots.map(total)), `${count(all, "job")} ended: ${sums.map(([end, sum]) => `${sum} ${end}`).join(", ")}`),
    h("ul", { class: "legend" }, sums.map(([end, sum]) => h("li", { class: `end-${end}`, text: `${sum} ${end}` }))),
    ...table("Failures by kind", failures, (number) => String(number), "failed"),
    ...table("Seconds an image", Object.fromEntries(Object.entries(seconds).map(([stage, value]) => [stageName(stage), value])), (value) => `${value.toFixed(1)} s`, "succeeded"),
  ];
}

function bars(slots, most, label) {
  const wide = WIDTH / slots.length;
  const drawn = slots.flatMap((slot, index) => {
    let y = HEIGHT;
    return ENDS.filter((end) => slot[end]).map((end) => {
      const height = (slot[end] / most) * (HEIGHT - 4);
      y -= height;
      const bar = svg("rect", { class: `end-${end}`, x: (index * wide + 0.5).toFixed(1), y: y.toFixed(1), width: Math.max(1, wide - 1).toFixed(1), height: height.toFixed(1), rx: 1 });
      const title = svg("title");
      title.textContent = `${clock(slot.at)}: ${slot[end]} ${end}`;
      bar.append(title);
      return bar;
    });
  });
  const axis = svg("line", { class: "axis", x1: 0, y1: HEIGHT - 0.5, x2: WIDTH, y2: HEIGHT - 0.5 });
  const picture = svg("svg", { class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" }, axis, ...drawn);
  const ticks = [0, Math.floor(slots.length / 2), slots.length - 1].map((index) => h("span", { text: clock(slots[index].at) }));
  return h("figure", { class: "night-bars" }, picture, h("figcaption", { class: "ticks" }, ticks));
}

const clock = (text) => new Date(text).toLocaleTimeString([], { weekday: undefined, hour: "2-digit", minute: "2-digit" });

/** A small table whose rows have bars as long as their numbers. */
function table(title, values, written, end) {
  const entries = Object.entries(values ?? {}).sort(([, a], [, b]) => b - a);
  if (!entries.length) return [];
  const most = Math.max(...entries.map(([, value]) => value));
  return [h("h3", { text: title }), h("dl", { class: "measures" }, entries.flatMap(([name, value]) => [
    h("dt", { text: name }), h("dd", {}, measure(value / most, end), h("span", { text: written(value) }))]))];
}

const measure = (share, end) =>
  svg("svg", { class: "measure", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: `end-${end}`, x: 0, y: 0, width: Math.max(1, share * 100), height: 8, rx: 2 }));
