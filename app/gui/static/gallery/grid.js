// The pictures in rows. However many there are, only those in sight, and a little around, exist.

import { h } from "../dom.js";
import { brief } from "../format.js";
import { above, justify, rowAt } from "./layout.js";

const AROUND_PX = 700;
const NEAR_END_PX = 2500;
const MARGIN_PX = 8;

/**
 * An item is {key, job, image, aspect}; `image` is null for a job without pictures.
 *
 * `does` has `onOpen(item)`, `onChoose(item, event)`, `isChosen(item)`, `isChoosing()`: whether any
 * is chosen, and `onNearEnd()`.
 */
export class Grid {
  #sheet = h("div", { class: "sheet", role: "listbox", tabIndex: 0, ariaLabel: "Pictures, newest first", ariaMultiSelectable: "true" });
  #shown = new Map();
  #items = [];
  #layout = justify([], 1, 200);
  #target = 220;
  #active = 0;
  #does;

  constructor(does) {
    this.#does = does;
    this.element = h("div", { class: "gallery-scroll" }, this.#sheet);
    this.#sheet.addEventListener("keydown", (event) => this.#pressed(event));
    this.#sheet.addEventListener("click", (event) => this.#clicked(event));
    this.#sheet.addEventListener("contextmenu", (event) => this.#pressedLong(event));
    this.element.addEventListener("scroll", () => requestAnimationFrame(() => this.refresh()), { passive: true });
    new ResizeObserver(() => this.#sheet.clientWidth && this.#arrange()).observe(this.element);
  }

  /** The picture that the keys are about, or null. */
  get current() {
    return this.#items[this.#active] ?? null;
  }

  /** Show other items; with `keep` what is in sight stays there. */
  setItems(items, { keep }) {
    const key = this.current?.key;
    const anchor = keep && this.element.scrollTop > 0 ? this.#anchor() : null;
    this.#items = items;
    this.#active = Math.max(0, keep ? this.#indexOf(key) : 0);
    if (!keep) this.element.scrollTop = 0;
    this.#arrange();
    if (anchor) this.#restore(anchor);
  }

  /** Make rows about so many pixels high. */
  setTarget(height) {
    this.#target = height;
    this.#arrange();
  }

  focus() {
    this.#sheet.focus({ preventScroll: true });
  }

  /** Bring the item with a key into sight, as the one that the keys are about. */
  show(key) {
    const index = this.#indexOf(key);
    if (index >= 0) this.#activate(index);
  }

  /** Draw what is in sight now. */
  refresh() {
    const wanted = new Set(this.#inSight());
    for (const [index, cell] of this.#shown) if (!wanted.has(index)) this.#drop(index, cell);
    for (const index of wanted) if (!this.#shown.has(index)) this.#add(index);
    for (const [index, cell] of this.#shown) this.#mark(cell, index);
    if (!this.#shown.has(this.#active)) this.#sheet.removeAttribute("aria-activedescendant");
    this.#sheet.classList.toggle("choosing", this.#does.isChoosing());
    if (this.element.scrollTop + this.element.clientHeight + NEAR_END_PX > this.#layout.height) this.#does.onNearEnd();
  }

  #indexOf(key) {
    return this.#items.findIndex((item) => item.key === key);
  }

  #arrange() {
    this.#layout = justify(this.#items, Math.max(200, this.#sheet.clientWidth), this.#target);
    this.#sheet.style.height = `${this.#layout.height}px`;
    for (const [index, cell] of this.#shown) {
      if (this.#items[index]?.key === cell.dataset.key) place(cell, this.#layout.boxes[index]);
      else this.#drop(index, cell);
    }
    this.refresh();
  }

  *#inSight() {
    const { rows } = this.#layout;
    const bottom = this.element.scrollTop + this.element.clientHeight + AROUND_PX;
    let row = rowAt(rows, this.element.scrollTop - AROUND_PX);
    for (; row < rows.length && rows[row].top < bottom; row += 1) {
      for (let index = rows[row].first; index < rows[row].end; index += 1) yield index;
    }
  }

  #add(index) {
    const cell = place(makeCell(this.#items[index], index), this.#layout.boxes[index]);
    this.#shown.set(index, this.#sheet.appendChild(cell));
  }

  #drop(index, cell) {
    cell.remove();
    this.#shown.delete(index);
  }

  #mark(cell, index) {
    const item = this.#items[index];
    cell.setAttribute("aria-selected", String(this.#does.isChosen(item)));
    cell.setAttribute("aria-setsize", String(this.#items.length));
    cell.classList.toggle("active", index === this.#active);
    cell.classList.toggle("favourite", Boolean(item.image?.favourite));
    if (index === this.#active) this.#sheet.setAttribute("aria-activedescendant", cell.id);
  }

  #activate(index) {
    if (!this.#items.length) return;
    this.#active = Math.min(Math.max(index, 0), this.#items.length - 1);
    this.#scrollTo(this.#layout.boxes[this.#active]);
    this.refresh();
  }

  #scrollTo({ top, height }) {
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top - MARGIN_PX;
    else if (top + height > scrollTop + clientHeight) this.element.scrollTop = top + height - clientHeight + MARGIN_PX;
  }

  #pressed(event) {
    if (!this.current || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = this.#nextFor(event.key);
    if (next !== null) this.#activate(next);
    else if (event.key === "Enter") this.#does.onOpen(this.current);
    else if (event.key === " " || event.key === "x") this.#does.onChoose(this.current, event);
    else return;
    event.preventDefault();
  }

  /** Return the index that a key goes to, or null where it is for something else. */
  #nextFor(key) {
    const { rows, boxes } = this.#layout;
    const screen = (step) => rows[rowAt(rows, boxes[this.#active].top + step * this.element.clientHeight)].first;
    const moves = {
      ArrowLeft: () => this.#active - 1,
      ArrowRight: () => this.#active + 1,
      ArrowUp: () => above(this.#layout, this.#active, -1),
      ArrowDown: () => above(this.#layout, this.#active, 1),
      Home: () => 0,
      End: () => this.#items.length - 1,
      PageUp: () => screen(-1),
      PageDown: () => screen(1),
    };
    return moves[key]?.() ?? null;
  }

  #clicked(event) {
    const cell = event.target.closest("[data-index]");
    if (!cell) return;
    this.#active = Number(cell.dataset.index);
    if (this.#isForChoosing(event)) this.#does.onChoose(this.current, event);
    else this.#does.onOpen(this.current);
    this.refresh();
  }

  #isForChoosing(event) {
    const isTouch = event.pointerType === "touch";
    return event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest(".pick") || (isTouch && this.#does.isChoosing());
  }

  /** A long press of a finger chooses. */
  #pressedLong(event) {
    const cell = event.target.closest("[data-index]");
    if (!cell || event.pointerType !== "touch") return;
    event.preventDefault();
    this.#does.onChoose(this.#items[Number(cell.dataset.index)], event);
  }

  /** The first picture in sight, so that it stays there when others come before it. */
  #anchor() {
    const row = this.#layout.rows[rowAt(this.#layout.rows, this.element.scrollTop)];
    return row && { key: this.#items[row.first].key, offset: this.element.scrollTop - row.top };
  }

  #restore({ key, offset }) {
    const index = this.#indexOf(key);
    if (index >= 0) this.element.scrollTop = this.#layout.boxes[index].top + offset;
    this.refresh();
  }
}

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
