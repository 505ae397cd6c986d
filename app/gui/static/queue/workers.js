// Who works on this queue: this page's own runners, other processes, other hosts.

import { fill, h } from "../dom.js";
import { on } from "../live.js";

export function makeWorkers() {
  const list = h("ul", { class: "workers" });
  on("queue", (queue) => fill(list, ...rows(queue)));
  return h("section", { class: "panel", ariaLabel: "Workers" }, h("div", { class: "panel-head" }, h("h2", { text: "Workers" })), list);
}

function rows({ runners = [], workers = [] }) {
  const own = runners.map((runner) => row(runner.webui, runnerWords(runner), runner.failure || runner.outage ? "warn" : ""));
  const others = workers.filter((worker) => !worker.here).map((worker) => row(worker.name, [worker.host, worker.job_id ? `runs ${worker.job_id}` : "idle"].filter(Boolean).join(" · "), ""));
  const none = own.length + others.length === 0;
  return none ? [h("li", { class: "empty", text: "Nobody works on this queue. Start `python -m app work`." })] : [...own, ...others];
}

const runnerWords = (runner) =>
  runner.failure ?? runner.outage ?? runner.waits_for ?? (runner.job_id ? "runs a job" : "idle");

const row = (name, words, kind) => h("li", {}, h("span", { class: "worker-name", text: name }), h("span", { class: `worker-words ${kind}`, text: words }));
