// What waits, in the order in which it will run: choose, move, edit, cancel.

import { api } from "../api.js";
import { h, reconcile, setText } from "../dom.js";
import { brief, count, stageName } from "../format.js";
import { icon } from "../icons.js";
import { live, on, refresh } from "../live.js";
import { attempt, toast } from "../toast.js";
import { makeSortable } from "./drag.js";
import { editJobs } from "./edit.js";
import { makeSelection } from "./selection.js";

/** Return the element of the list with its toolbar. */
export function makeLine() {
  const list = h("ul", { class: "line", ariaLabel: "Waiting jobs" });
  const empty = h("p", { class: "empty", text: "Nothing waits. Write a prompt in Run and press Ctrl+E, or take a pack." });
  const order = () => jobs().map((job) => job.id);
  const selection = makeSelection(order, () => show());
  const toolbar = makeToolbar(selection);
  let dragging = false;

  function show() {
    if (dragging) return;
    selection.keep(order());
    reconcile(list, jobs(), (job) => job.id, makeRow, (row, job) => updateRow(row, job, selection));
    empty.hidden = jobs().length > 0;
    toolbar.show(jobs().length);
    keepOneTabStop(list);
  }

  list.addEventListener("click", (event) => clicked(event, selection));
  list.addEventListener("keydown", (event) => pressed(event, list, selection));
  makeSortable(list, {
    onDragging: (is) => (dragging = is),
    onNothing: show,
    onDrop: (row, next) => moveBefore(idsOf(row, selection), next?.dataset.key),
  });
  on("queue", show);
  return h("section", { class: "panel waiting", ariaLabel: "Waiting" }, toolbar.element, list, empty);
}

const jobs = () => live.queue?.queued ?? [];

/** Return what an action on a row is about: all chosen ones, if it is one of them. */
const idsOf = (row, selection) => (selection.has(row.dataset.key) ? selection.all() : [row.dataset.key]);

const BUTTONS = [["top", "To the top"], ["bottom", "To the bottom"], ["edit", "Edit"], ["close", "Cancel"]];

function makeRow() {
  const button = ([name, label]) => h("button", { type: "button", class: `icon-button act-${name}`, title: label, ariaLabel: label, tabIndex: -1, data: { act: name } }, icon(name));
  return h("li", { class: "job", tabIndex: -1 },
    h("input", { type: "checkbox", ariaLabel: "Choose this job", tabIndex: -1 }),
    h("span", { class: "grip", title: "Drag to another place", "aria-hidden": "true" }, icon("grip")),
    h("span", { class: "job-place" }),
    h("div", { class: "job-main" }, h("span", { class: "job-title" }), h("span", { class: "job-facts" }), h("span", { class: "job-warning warn" })),
    h("span", { class: "job-buttons" }, ...BUTTONS.map(button)));
}

function updateRow(row, job, selection) {
  const at = (name) => row.querySelector(`.job-${name}`);
  const box = row.querySelector("input");
  box.checked = selection.has(job.id);
  row.classList.toggle("chosen", box.checked);
  setText(at("place"), String(jobs().indexOf(job) + 1));
  setText(at("title"), brief(job.prompt, 200));
  setText(at("facts"), facts(job));
  setText(at("warning"), Object.entries(job.passed_over ?? {}).map(([webui, why]) => `${webui}: ${why}`).join("; "));
}

function facts(job) {
  const stages = job.stages.map(stageName).join(" → ");
  const direct = job.run_mode === "direct" ? "run now" : "";
  return [direct, job.pack, job.prompt_keys?.name, `${job.width}×${job.height}`, stages].filter(Boolean).join(" · ");
}

function clicked(event, selection) {
  const row = event.target.closest("li");
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (!row) return;
  if (act) doTo(act, idsOf(row, selection));
  else if (event.target.matches("input")) selection.choose(row.dataset.key, event.target.checked, event.shiftKey);
}

function doTo(act, ids) {
  if (act === "edit") return editJobs(jobs().filter((job) => ids.includes(job.id)));
  if (act === "close") return cancel(ids);
  return attempt(() => api.move(ids, act));
}

const cancel = (ids) => attempt(async () => (await api.cancel(ids), toast(`${count(ids.length, "job")} cancelled.`)));

function moveBefore(ids, nextId) {
  return attempt(() => api.move(ids, nextId ? { before: nextId } : "bottom")).then((done) => done || refresh.queue());
}

const STEPS = { ArrowUp: -1, ArrowDown: 1 };

function pressed(event, list, selection) {
  const row = event.target.closest("li");
  if (!row) return;
  const done = keyed(event, row, list, selection);
  if (done) event.preventDefault();
}

function keyed(event, row, list, selection) {
  if (event.key in STEPS) return event.altKey ? shift(row, STEPS[event.key]) : focusRow(list, row, STEPS[event.key]);
  if (event.target !== row) return false;
  if (event.key === " " || event.key === "x") return selection.choose(row.dataset.key, !selection.has(row.dataset.key), event.shiftKey) ?? true;
  if (event.key === "Enter" || event.key === "e") return doTo("edit", idsOf(row, selection)) ?? true;
  if (event.key === "Delete") return doTo("close", idsOf(row, selection)) ?? true;
  return false;
}

function focusRow(list, row, step) {
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  if (next) {
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
  return true;
}

function shift(row, step) {
  const next = step > 0 ? row.nextElementSibling?.nextElementSibling : row.previousElementSibling;
  const isPossible = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  if (isPossible) moveBefore([row.dataset.key], next?.dataset.key);
  return true;
}

function keepOneTabStop(list) {
  if (list.firstElementChild && !list.querySelector('li[tabindex="0"]')) list.firstElementChild.tabIndex = 0;
}

function makeToolbar(selection) {
  const all = h("input", { type: "checkbox", ariaLabel: "Choose all", on: { change: () => selection.set(all.checked ? jobs().map((job) => job.id) : []) } });
  const words = h("h2");
  const button = ([name, label]) => h("button", { type: "button", class: "small", on: { click: () => doTo(name, selection.all()) } }, icon(name), label);
  const buttons = h("span", { class: "chosen-buttons", hidden: true }, ...BUTTONS.map(button));
  return {
    element: h("div", { class: "panel-head" }, all, words, buttons),
    show(length) {
      setText(words, selection.size ? `${selection.size} of ${length} chosen` : `Waiting: ${length}`);
      buttons.hidden = selection.size === 0;
      all.checked = length > 0 && selection.size === length;
      all.indeterminate = selection.size > 0 && selection.size < length;
      all.disabled = length === 0;
    },
  };
}
