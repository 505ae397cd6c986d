// The text of a pack with line numbers, and what there is to say beside the line it is about.
//
// A copy of the text, laid out in the same way and not seen, tells how high each line is.

import { fill, h, setText } from "../dom.js";

/** Return {element, value, setText(text), showNotices(notices)}; `onInput()` at each change. */
export function makeEditor({ onInput }) {
  const input = h("textarea", { id: "pack-text", spellcheck: false, autocapitalize: "off", wrap: "soft", ariaLabel: "The pack's text" });
  const copy = h("div", { class: "editor-copy", "aria-hidden": "true" });
  const numbers = h("div", { class: "editor-numbers", "aria-hidden": "true" });
  const notes = h("ol", { class: "editor-notes", ariaLabel: "Notices" });
  const element = h("div", { class: "editor" }, numbers, h("div", { class: "editor-text" }, copy, input), notes);
  let notices = [];

  function arrange() {
    const lines = input.value.split("\n");
    fill(copy, ...lines.map((line) => h("div", { text: line || " " })));
    const marked = new Set(notices.map((notice) => notice.line));
    fill(numbers, ...lines.map((_, index) => {
      const number = h("span", { text: String(index + 1), class: marked.has(index + 1) ? "marked" : "" });
      number.style.height = `${copy.children[index].offsetHeight}px`;
      return number;
    }));
    input.style.height = `${copy.offsetHeight}px`;
    placeNotes();
  }

  /** Put each notice beside its line, or below the one before where that is in the way. */
  function placeNotes() {
    let free = 0;
    for (const [index, note] of [...notes.children].entries()) {
      const line = copy.children[(notices[index].line ?? 1) - 1];
      const top = Math.max(line?.offsetTop ?? 0, free);
      note.style.top = `${top}px`;
      free = top + note.offsetHeight + 4;
    }
    notes.style.minHeight = `${free}px`;
  }

  function goTo(line) {
    const start = input.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    input.focus();
    input.setSelectionRange(start, start);
  }

  input.addEventListener("input", () => (arrange(), onInput()));
  new ResizeObserver(() => element.clientWidth && arrange()).observe(element);
  return {
    element,
    input,
    get value() {
      return input.value;
    },
    setText(text) {
      if (input.value !== text) input.value = text;
      arrange();
    },
    showNotices(found) {
      notices = [...found].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
      fill(notes, ...notices.map(({ line, text, isError }) =>
        h("li", { class: isError ? "bad" : "warn" },
          line ? h("button", { type: "button", class: "link", text: `Line ${line}`, on: { click: () => goTo(line) } }) : null,
          h("span", { text: text }))));
      setText(numbers, "");
      arrange();
    },
  };
}
