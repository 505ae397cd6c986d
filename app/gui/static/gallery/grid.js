// The pictures in rows. However many there are, only those in sight, and a little around, exist.

import { h } from "../dom.js";
import { brief } from "../format.js";
import { above, justify, rowAt } from "./layout.js";

const AROUND_PX = 700;
const NEAR_END_PX = 2500;

/**
 * Return {element, scroller, setItems, refresh, focus, current}.
 *
 * An item is {key, job, image, aspect}; `image` is null for a job without pictures.
 * `onOpen(item)`, `onChoose(item, event)`, `isChosen(item)`, `isChoosing()`: whether any is, `onNearEnd()`.
 */
export function makeGrid({ onOpen, onChoose, isChosen, isChoosing, onNearEnd }) {
  const sheet = h("div", { class: "sheet", role: "listbox", tabIndex: 0, ariaLabel: "Pictures, newest first", ariaMultiSelectable: "true" });
  const scroller = h("div", { class: "gallery-scroll" }, sheet);
  const shown = new Map();
  let items = [];
  let layout = justify([], 1, 200);
  let target = 220;
  let active = 0;

  function arrange() {
    layout = justify(items, Math.max(200, sheet.clientWidth), target);
    sheet.style.height = `${layout.height}px`;
    for (const [index, cell] of shown) {
      if (items[index]?.key === cell.dataset.key) place(cell, layout.boxes[index]);
      else (cell.remove(), shown.delete(index));
    }
    draw();
  }

  function draw() {
    const top = scroller.scrollTop - AROUND_PX;
    const bottom = scroller.scrollTop + scroller.clientHeight + AROUND_PX;
    const wanted = new Set();
    if (items.length) {
      for (let row = rowAt(layout.rows, top); row < layout.rows.length && layout.rows[row].top < bottom; row += 1) {
        for (let index = layout.rows[row].first; index < layout.rows[row].end; index += 1) wanted.add(index);
      }
    }
    for (const [index, cell] of shown) if (!wanted.has(index)) (cell.remove(), shown.delete(index));
    for (const index of wanted) if (!shown.has(index)) shown.set(index, sheet.appendChild(place(makeCell(items[index], index), layout.boxes[index])));
    for (const [index, cell] of shown) mark(cell, items[index], index);
    if (!shown.has(active)) sheet.removeAttribute("aria-activedescendant");
    sheet.classList.toggle("choosing", isChoosing());
    if (scroller.scrollTop + scroller.clientHeight + NEAR_END_PX > layout.height) onNearEnd();
  }

  function mark(cell, item, index) {
    cell.setAttribute("aria-selected", String(isChosen(item)));
    cell.classList.toggle("active", index === active);
    cell.classList.toggle("favourite", Boolean(item.image?.favourite));
    cell.setAttribute("aria-setsize", String(items.length));
    if (index === active) sheet.setAttribute("aria-activedescendant", cell.id);
  }

  function activate(index) {
    if (!items.length) return;
    active = Math.min(Math.max(index, 0), items.length - 1);
    const box = layout.boxes[active];
    if (box.top < scroller.scrollTop) scroller.scrollTop = box.top - 8;
    else if (box.top + box.height > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = box.top + box.height - scroller.clientHeight + 8;
    draw();
  }

  const MOVES = {
    ArrowLeft: () => active - 1,
    ArrowRight: () => active + 1,
    ArrowUp: () => above(layout, active, -1),
    ArrowDown: () => above(layout, active, 1),
    Home: () => 0,
    End: () => items.length - 1,
    PageUp: () => layout.rows[rowAt(layout.rows, layout.boxes[active].top - scroller.clientHeight)].first,
    PageDown: () => layout.rows[rowAt(layout.rows, layout.boxes[active].top + scroller.clientHeight)].first,
  };

  sheet.addEventListener("keydown", (event) => {
    if (!items.length || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in MOVES) activate(MOVES[event.key]());
    else if (event.key === "Enter") onOpen(items[active]);
    else if (event.key === " " || event.key === "x") onChoose(items[active], event);
    else return;
    event.preventDefault();
  });
  sheet.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-index]");
    if (!cell) return;
    active = Number(cell.dataset.index);
    const item = items[active];
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest(".pick") || (isTouch(event) && isChoosing())) onChoose(item, event);
    else onOpen(item);
    draw();
  });
  sheet.addEventListener("contextmenu", (event) => {
    const cell = event.target.closest("[data-index]");
    if (!cell || event.pointerType !== "touch") return; // a long press chooses
    event.preventDefault();
    onChoose(items[Number(cell.dataset.index)], event);
  });
  scroller.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(() => sheet.clientWidth && arrange()).observe(scroller);

  return {
    element: scroller,
    setItems(next, { keep = true } = {}) {
      const key = items[active]?.key;
      const anchor = keep && scroller.scrollTop > 0 ? anchorOf() : null;
      items = next;
      active = Math.max(0, keep ? items.findIndex((item) => item.key === key) : 0);
      if (!keep) scroller.scrollTop = 0;
      arrange();
      if (anchor) restore(anchor);
    },
    setTarget(height) {
      target = height;
      arrange();
    },
    refresh: draw,
    focus: () => sheet.focus({ preventScroll: true }),
    current: () => items[active] ?? null,
    show(key) {
      const index = items.findIndex((item) => item.key === key);
      if (index >= 0) activate(index);
    },
  };

  /** The first picture in sight, so that it stays there when others come before it. */
  function anchorOf() {
    const row = layout.rows[rowAt(layout.rows, scroller.scrollTop)];
    return row && { key: items[row.first].key, offset: scroller.scrollTop - row.top };
  }

  function restore({ key, offset }) {
    const index = items.findIndex((item) => item.key === key);
    if (index >= 0) scroller.scrollTop = layout.boxes[index].top + offset;
    draw();
  }
}

const isTouch = (event) => event.pointerType === "touch";

function place(cell, { left, top, width, height }) {
  Object.assign(cell.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  return cell;
}

function makeCell(item, index) {
  const inside = item.image ? picture(item) : failure(item);
  return h("div", { class: "cell", role: "option", id: `cell-${index}`, data: { index, key: item.key }, "aria-posinset": String(index + 1), title: brief(item.job.prompt, 200) },
    inside, h("span", { class: "pick", "aria-hidden": "true" }), h("span", { class: "mark", "aria-hidden": "true" }));
}

const picture = (item) => h("img", { src: item.image.thumb_url, alt: brief(item.job.prompt, 120), decoding: "async", draggable: false });

const failure = (item) =>
  h("div", { class: "cell-failure" }, h("strong", { text: item.job.status }), h("span", { text: item.job.error ?? brief(item.job.prompt) }));
