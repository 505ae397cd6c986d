// The list: however many rows there are, only those in sight are in the page.

import { byId, duration, element } from "./dom.js";
import { Heights } from "./heights.js";

const MARGIN_ROWS = 12;
const PAGE_ROWS = 20;
const SEPARATOR = " · ";

export class RowList {
  constructor(onChoose) {
    this.box = byId("rows");
    this.sizer = byId("sizer");
    this.rows = [];
    this.heights = new Heights();
    this.chosen = null;
    this.isFollowing = false;
    this.isToBeShown = false; // the chosen one, once it is in the list
    this.onChoose = onChoose;
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("keydown", (event) => this.move(event));
    this.box.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.measure()).observe(this.box);
  }

  show(rows, follow) {
    this.rows = rows;
    this.isFollowing = follow;
    this.arrange();
  }

  measure() {
    const probe = this.row({ ...EMPTY, path: "M".repeat(10) }, 0);
    this.sizer.append(probe);
    this.heights.measure(probe);
    probe.remove();
    this.arrange();
  }

  arrange() {
    this.heights.place(this.rows, (row) => [row.path, noteText(row)]);
    this.sizer.style.height = `${this.heights.total}px`;
    if (this.isFollowing) this.box.scrollTop = this.heights.total;
    if (this.isToBeShown) this.reveal();
    this.draw();
  }

  draw() {
    const from = Math.max(0, this.heights.indexAt(this.box.scrollTop) - MARGIN_ROWS);
    const to = Math.min(this.rows.length, this.heights.indexAt(this.box.scrollTop + this.box.clientHeight) + MARGIN_ROWS);
    const drawn = [];
    for (let index = from; index < to; index += 1) drawn.push(this.row(this.rows[index], index));
    this.sizer.replaceChildren(...drawn);
  }

  row(row, index) {
    const made = element(
      "div",
      { className: "row", role: "option", id: `row-${row.n}` },
      element("span", {}, String(row.n)),
      element("span", {}, row.time.slice(11, 23)),
      element("span", {}, row.method),
      element("span", { className: "what" }, element("span", { className: "path" }, row.path), notes(row)),
      element("span", { className: tone(row) }, statusText(row)),
      element("span", {}, duration(row.duration_s)),
    );
    made.style.top = `${this.heights.tops[index]}px`;
    made.dataset.n = row.n;
    made.setAttribute("aria-selected", String(row.n === this.chosen));
    return made;
  }

  click(event) {
    const row = event.target.closest(".row");
    if (row) this.choose(Number(row.dataset.n), true);
  }

  choose(n, isOpened) {
    this.mark(n);
    this.draw();
    this.onChoose(n, isOpened);
  }

  mark(n) {
    this.chosen = n;
    this.isToBeShown = false;
    if (n === null) this.box.removeAttribute("aria-activedescendant");
    else this.box.setAttribute("aria-activedescendant", `row-${n}`);
  }

  move(event) {
    if (!this.rows.length || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && this.chosen !== null) {
      this.choose(this.chosen, true);
      return;
    }
    const next = this.target(event.key);
    if (next === null) return;
    event.preventDefault();
    this.bringIntoView(next);
    this.choose(this.rows[next].n, false);
  }

  target(key) {
    const last = this.rows.length - 1;
    if (key === "Home") return 0;
    if (key === "End") return last;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_ROWS, PageUp: -PAGE_ROWS }[key];
    if (!step) return null;
    const at = this.rows.findIndex((row) => row.n === this.chosen);
    return Math.min(last, Math.max(0, at + step));
  }

  reveal() {
    const index = this.rows.findIndex((row) => row.n === this.chosen);
    this.isToBeShown = index < 0;
    if (index >= 0) this.bringIntoView(index);
  }

  bringIntoView(index) {
    const { tops } = this.heights;
    const lowest = tops[index + 1] - this.box.clientHeight;
    this.box.scrollTop = Math.min(tops[index], Math.max(lowest, this.box.scrollTop));
  }
}

const EMPTY = { n: 0, time: "", method: "", status: 200, duration_s: 0, matched: true, fault: null, unknown_fields: [], findings: [] };

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

function noted(row) {
  const unknown = row.unknown_fields.length;
  return [
    row.fault ? [row.fault, "bad"] : null,
    row.matched ? null : ["no such address", "bad"],
    unknown ? [`${unknown} unknown`, "warn"] : null,
    row.findings.length ? [row.findings.length > 1 ? `${row.findings.length} findings` : "finding", "warn"] : null,
  ].filter(Boolean);
}

const noteText = (row) => noted(row).map(([text]) => text).join(SEPARATOR);

function notes(row) {
  const made = noted(row);
  if (!made.length) return null;
  const texts = made.flatMap(([text, tone_]) => [SEPARATOR, element("span", { className: tone_ }, text)]).slice(1);
  return element("span", { className: "notes" }, ...texts);
}
