// What failed or was interrupted lately: why, and Retry.

import { api } from "../api.js";
import { coalesced, h, reconcile, setText } from "../dom.js";
import { brief, count, moment } from "../format.js";
import { icon } from "../icons.js";
import { live, on } from "../live.js";
import { attempt, toast } from "../toast.js";
import { editJobs } from "./edit.js";

const LATELY = 200; // of the last jobs
const ENDS = ["failed", "interrupted"];

/** Return the element; it is hidden while there is nothing to tell. */
export function makeFailed() {
  const list = h("ul", { class: "failed", ariaLabel: "Failed jobs" });
  const title = h("h2");
  const all = h("button", { type: "button", class: "small", on: { click: () => retry(jobs.map((job) => job.id)) } }, icon("again"), "Retry all of these");
  const element = h("section", { class: "panel", ariaLabel: "Failed lately", hidden: true }, h("div", { class: "panel-head" }, title, all), list);
  let jobs = [];

  const load = coalesced(async () => {
    const answer = await api.history({ limit: LATELY }).catch(() => null);
    if (!answer) return;
    const again = new Set([...answer.jobs, ...(live.queue?.queued ?? []), ...(live.queue?.running ?? [])].map((job) => job.parent_id));
    jobs = answer.jobs.filter((job) => ENDS.includes(job.status) && !again.has(job.id));
    element.hidden = jobs.length === 0;
    setText(title, `Failed lately: ${jobs.length}`);
    reconcile(list, jobs, (job) => job.id, makeRow, () => {});
  });
  on("history", load);
  on("queue", () => jobs.length && load());
  return element;
}

const makeRow = (job) =>
  h("li", {},
    h("div", { class: "job-main" },
      h("span", { class: "job-title", text: brief(job.prompt) }),
      h("span", { class: "bad", text: job.error ?? job.status }),
      h("span", { class: "job-facts", text: [job.status, moment(job.completed_at), job.webui].filter(Boolean).join(" · ") })),
    h("span", { class: "job-buttons" },
      h("button", { type: "button", class: "small", data: { act: "retry" }, on: { click: () => retry([job.id]) } }, icon("again"), "Retry"),
      h("button", { type: "button", class: "small", data: { act: "edit" }, on: { click: () => editJobs([job]) } }, icon("edit"), "Edit")));

const retry = (ids) =>
  attempt(async () => {
    await api.retry({ ids });
    toast(`${count(ids.length, "job")} queued again.`);
  });
