// Two pictures, one beside the other or one over the other with an edge that is moved.

import { byId, fill, h } from "../dom.js";

/** Open the comparison of two {url, label}. */
export function compare(left, right) {
  const over = h("div", { class: "compare-over" }, picture(right), picture(left, "compare-top"));
  const edge = h("input", { type: "range", min: 0, max: 100, value: 50, ariaLabel: "How much of the first picture is seen", class: "compare-edge" });
  const side = h("div", { class: "compare-side" }, figure(left), figure(right));
  const names = h("div", { class: "compare-names" }, h("span", { text: left.label }), h("span", { text: right.label }));
  const split = h("div", { class: "compare-split", hidden: true }, over, names, edge);
  const top = over.querySelector(".compare-top");
  const moved = () => (top.style.clipPath = `inset(0 ${100 - edge.value}% 0 0)`);
  edge.addEventListener("input", moved);
  moved();
  const choose = (isSide) => {
    side.hidden = !isSide;
    split.hidden = isSide;
    for (const [button, is] of [[sideButton, isSide], [splitButton, !isSide]]) button.setAttribute("aria-pressed", String(is));
  };
  const sideButton = h("button", { type: "button", class: "small", text: "Side by side", on: { click: () => choose(true) } });
  const splitButton = h("button", { type: "button", class: "small", text: "Slider", on: { click: () => choose(false) } });
  choose(true);
  fill(byId("compare-tools"), sideButton, splitButton);
  fill(byId("compare-body"), side, split);
  byId("compare-dialog").showModal();
}

const picture = ({ url, label }, name = "") => h("img", { src: url, alt: label, class: name });
const figure = (one) => h("figure", {}, picture(one), h("figcaption", { text: one.label }));
