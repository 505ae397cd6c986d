// Who works on this queue: this page's own runners, other processes, other hosts.

import { fill, h } from "../dom.js";
import { live, on } from "../live.js";

export function makeWorkers() {
  const list = h("ul", { class: "workers" });
  const show = () => live.queue && live.state && fill(list, ...rows(live.queue, live.state));
  on("queue", show);
  on("state", show);
  return h("section", { class: "panel", ariaLabel: "Workers" }, h("div", { class: "panel-head" }, h("h2", { text: "Workers" })), list);
}

/** This page's runners, then those of other processes and hosts. */
function rows({ runners, workers = [] }, { runs_jobs: runsJobs }) {
  const own = runsJobs ? runners.map((runner) => row(runner.webui, runnerWords(runner), runner.failure || runner.outage ? "warn" : "")) : [];
  const others = workers.filter((worker) => !worker.here).map((worker) => row(worker.name, otherWords(worker), worker.alive ? "" : "warn"));
  const nobody = h("li", { class: "empty", text: "Nobody runs this queue. Start `python -m app work`, or this page without --no-work." });
  return own.length + others.length ? [...own, ...others] : [nobody];
}

const runnerWords = (runner) =>
  runner.failure ?? runner.outage ?? runner.waits_for ?? (runner.job_id ? "runs a job" : "idle");

function otherWords({ host, process, job_id: job, alive }) {
  const does = job ? `runs job ${job}` : "idle";
  return `${alive ? does : "has stopped"} · process ${process} on ${host}`;
}

const row = (name, words, kind) => h("li", {}, h("span", { class: "worker-name", text: name }), h("span", { class: `worker-words ${kind}`, text: words }));
