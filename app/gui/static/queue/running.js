// A running job: its picture so far, its stage and step, how long it will take, Cancel and Skip.

import { api } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { brief, duration, percent, stageName } from "../format.js";
import { icon } from "../icons.js";
import { live } from "../live.js";
import { attempt, toast } from "../toast.js";

/** Return how far a job is: what an event told last, else what the queue said. */
const progressOf = (job) => live.progress.get(job.id) ?? job.progress ?? {};

export function makeRunning(job) {
  const part = (name, tag = "span") => h(tag, { class: `running-${name}` });
  const picture = h("img", { class: "running-picture", alt: "", hidden: true });
  const waiting = h("div", { class: "running-picture blank", "aria-hidden": "true" });
  const bar = h("progress", { max: 1, value: 0, ariaLabel: "How much of the job is done" });
  const buttons = h("div", { class: "running-buttons" },
    h("button", { type: "button", class: "small", data: { act: "skip" }, on: { click: () => skip(job) } }, icon("skip"), "Skip image"),
    h("button", { type: "button", class: "small", data: { act: "cancel" }, on: { click: () => cancel(job) } }, icon("close"), "Cancel"));
  const element = h("article", { class: "running", ariaLabel: "Running job" }, picture, waiting,
    h("div", { class: "running-facts" }, part("title", "h3"), part("stages", "ol"), bar, part("words", "p"), part("where", "p"), buttons));
  return element;
}

export function updateRunning(element, job) {
  const progress = progressOf(job);
  const at = (name) => element.querySelector(`.running-${name}`);
  setText(at("title"), brief(job.prompt));
  showPicture(element, job, progress);
  showStages(at("stages"), job, progress);
  element.querySelector("progress").value = progress.job_fraction ?? 0;
  setText(at("words"), words(progress));
  at("words").classList.toggle("warn", Boolean(progress.stall_warning));
  setText(at("where"), [job.pack, job.webui, elsewhere(job)].filter(Boolean).join(" · "));
}

const elsewhere = (job) => (job.worker ? "" : "run by another process");

function showPicture(element, job, progress) {
  const [picture, blank] = element.querySelectorAll(".running-picture");
  const saved = job.images.at(-1)?.thumb_url ?? "";
  const source = job.preview_url ? `${job.preview_url}?step=${progress.stage ?? ""}-${progress.step ?? 0}` : saved;
  blank.hidden = Boolean(picture.naturalWidth);
  if (!source || picture.dataset.source === source || picture.dataset.loading) return;
  picture.dataset.source = source;
  picture.dataset.loading = "yes"; // one at a time; a slow one is not asked for again
  const next = new Image();
  next.addEventListener("load", () => {
    picture.src = next.src;
    picture.hidden = false;
    blank.hidden = true;
    delete picture.dataset.loading;
  });
  next.addEventListener("error", () => {
    delete picture.dataset.loading;
    if (saved && next.src !== new URL(saved, location).href) next.src = saved; // nothing to see yet
  });
  next.src = source;
}

function showStages(list, job, progress) {
  const now = progress.stage_index ?? 0;
  const state = (index) => (index < now ? "done" : index === now ? "now" : "next");
  const key = `${job.stages.join()} ${now}`;
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  fill(list, ...job.stages.map((stage, index) =>
    h("li", { data: { state: state(index) }, "aria-current": state(index) === "now" ? "step" : null, text: stageName(stage) })));
}

function words(progress) {
  if (!progress.stage) return "Starting…";
  const step = progress.steps ? `step ${progress.step ?? 0} of ${progress.steps}` : progress.fraction ? percent(progress.fraction) : "working…";
  const eta = progress.eta_s ? `about ${duration(progress.eta_s)} left` : "";
  const stalled = progress.stall_warning ? `no progress for ${duration(progress.stalled_s)}` : "";
  return [step, eta, stalled, progress.text].filter(Boolean).join(" · ");
}

const skip = (job) => attempt(async () => (await api.skip(job.id), toast("The image being made is skipped.")));
const cancel = (job) => attempt(async () => (await api.cancel([job.id]), toast("Cancelled; it ends in a moment.")));
