// Queue: what runs, what waits, what failed, who works, and how the night went.

import { api } from "../api.js";
import { fill, h, reconcile, setText } from "../dom.js";
import { icon } from "../icons.js";
import { bind, describe } from "../keys.js";
import { live, on } from "../live.js";
import { makeFailed } from "../queue/failed.js";
import { makeLine } from "../queue/line.js";
import { makeNight } from "../queue/night.js";
import { makeRunning, updateRunning } from "../queue/running.js";
import { makeWorkers } from "../queue/workers.js";
import { route, viewNow } from "../router.js";
import { attempt } from "../toast.js";

export function startQueue(root) {
  const running = h("div", { class: "running-list" });
  const idle = h("p", { class: "empty" });
  const night = makeNight();
  root.append(
    h("div", { class: "queue-main" },
      h("section", { class: "panel", ariaLabel: "Running" }, h("div", { class: "panel-head" }, h("h2", { text: "Running" }), pauseButton()), running, idle),
      makeLine(), makeFailed()),
    h("div", { class: "queue-side" }, night.element, makeWorkers()));

  const show = () => {
    const { running: jobs = [], paused } = live.queue ?? {};
    reconcile(running, jobs, (job) => job.id, makeRunning, updateRunning);
    idle.hidden = jobs.length > 0;
    setText(idle, paused ? "Nothing runs: the queue is paused." : "Nothing runs.");
  };
  on("queue", show);
  on("progress", show);
  describe("ArrowUp or ArrowDown", "Queue", "Go through the waiting jobs");
  describe("Alt+ArrowUp or Alt+ArrowDown", "Queue", "Move the job up or down");
  describe("Space", "Queue", "Choose the job");
  describe("Enter", "Queue", "Edit the job, or all chosen ones");
  describe("Delete", "Queue", "Cancel the job, or all chosen ones");
  route("queue", night.load);
}

function pauseButton() {
  const button = h("button", { type: "button", class: "small", id: "pause", on: { click: toggle } });
  on("queue", ({ paused }) => fill(button, icon(paused ? "resume" : "pause"), paused ? "Resume" : "Pause"));
  bind("p", "Queue", "Pause or resume", toggle, { when: () => viewNow() === "queue" });
  return button;
}

const toggle = () => attempt(live.queue?.paused ? api.resume : api.pause);
