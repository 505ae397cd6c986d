// What can be done with the pictures that are chosen.

import { fill, h } from "../dom.js";
import { count } from "../format.js";
import { icon } from "../icons.js";

/** Return {element, show(size)}; `does` has `compare`, `again`, `remove` and `none`. */
export function makeChosenBar(does) {
  const element = h("div", { class: "chosen-bar", hidden: true });
  const button = (name, text, run, disabled = false) =>
    h("button", { type: "button", class: "small", data: { act: name }, disabled, on: { click: run } }, icon(name), text);
  return {
    element,
    show(size) {
      element.hidden = size === 0;
      fill(element, h("strong", { text: `${count(size, "picture")} chosen` }),
        button("compare", "Compare", does.compare, size !== 2), button("again", "Run again", does.again),
        button("trash", "Delete", does.remove), button("close", "None", does.none));
    },
  };
}
