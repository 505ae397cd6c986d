// The list: however many rows there are, only those in sight are in the page.

import { byId, duration, element } from "./dom.js";

const ROW_PX = 32; // as --row in the style sheet
const MARGIN_ROWS = 12;

export class RowList {
  constructor(onChoose) {
    this.box = byId("rows");
    this.sizer = byId("sizer");
    this.rows = [];
    this.chosen = null;
    this.onChoose = onChoose;
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("keydown", (event) => this.move(event));
    this.box.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  show(rows, follow) {
    this.rows = rows;
    this.sizer.style.height = `${rows.length * ROW_PX}px`;
    if (follow) this.box.scrollTop = rows.length * ROW_PX;
    this.draw();
  }

  draw() {
    const from = Math.max(0, Math.floor(this.box.scrollTop / ROW_PX) - MARGIN_ROWS);
    const to = Math.min(this.rows.length, from + Math.ceil(this.box.clientHeight / ROW_PX) + 2 * MARGIN_ROWS);
    const drawn = [];
    for (let index = from; index < to; index += 1) drawn.push(this.row(this.rows[index], index));
    this.sizer.replaceChildren(...drawn);
  }

  row(row, index) {
    const made = element(
      "div",
      { className: "row", role: "option", title: row.path },
      element("span", {}, String(row.n)),
      element("span", {}, row.time.slice(11, 23)),
      element("span", {}, row.method),
      element("span", {}, row.path),
      notes(row),
      element("span", { className: tone(row) }, statusText(row)),
      element("span", {}, duration(row.duration_s)),
    );
    made.style.top = `${index * ROW_PX}px`;
    made.dataset.n = row.n;
    made.setAttribute("aria-selected", String(row.n === this.chosen));
    return made;
  }

  click(event) {
    const row = event.target.closest(".row");
    if (row) this.choose(Number(row.dataset.n));
  }

  choose(n) {
    this.chosen = n;
    this.draw();
    this.onChoose(n);
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (!step || !this.rows.length) return;
    event.preventDefault();
    const at = this.rows.findIndex((row) => row.n === this.chosen);
    const next = Math.min(this.rows.length - 1, Math.max(0, at + step));
    this.bringIntoView(next);
    this.choose(this.rows[next].n);
  }

  bringIntoView(index) {
    const top = index * ROW_PX;
    const bottom = top + ROW_PX - this.box.clientHeight;
    this.box.scrollTop = Math.min(top, Math.max(bottom, this.box.scrollTop));
  }
}

export function statusText(row) {
  if (row.status !== null) return String(row.status);
  return row.duration_s === null ? "open" : "none";
}

export function tone(row) {
  if (row.status === null) return row.duration_s === null ? "warn" : "bad";
  if (row.status >= 500) return "bad";
  return row.status >= 400 ? "warn" : "good";
}

export function hasProblem(row) {
  const failed = row.status === null ? row.duration_s !== null : row.status >= 400;
  return failed || !row.matched || Boolean(row.fault) || row.unknown_fields.length + row.findings.length > 0;
}

function notes(row) {
  const made = element("span");
  if (row.fault) made.append(element("span", { className: "badge bad" }, row.fault));
  if (!row.matched) made.append(element("span", { className: "badge bad" }, "no such address"));
  if (row.unknown_fields.length) {
    made.append(element("span", { className: "badge" }, `${row.unknown_fields.length} unknown`));
  }
  if (row.findings.length) made.append(element("span", { className: "badge" }, "finding"));
  return made;
}
