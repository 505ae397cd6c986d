// What the WebUI is making just now, and how to stop it, or let it stand still.

import { byId, call, element, pause } from "./dom.js";

const IDLE_MS = 1000;
const BUSY_MS = 300;

export class Running {
  constructor() {
    this.shownPicture = "";
    for (const word of ["interrupt", "skip"]) {
      byId(word).addEventListener("click", async () => this.show(await call("POST", `running/${word}`)));
    }
    byId("hold-form").addEventListener("submit", (event) => this.hold(event));
  }

  async run() {
    for (;;) {
      await this.refresh();
      await pause(byId("running").classList.contains("busy") ? BUSY_MS : IDLE_MS);
    }
  }

  async refresh() {
    if (document.hidden) return;
    try {
      this.show(await call("GET", "running"));
    } catch {
      // The list says that there is no server.
    }
  }

  async hold(event) {
    event.preventDefault();
    try {
      await call("POST", "v1/holds", { at_step: Number(byId("hold-step").value) });
    } catch (error) {
      byId("running-text").textContent = error.message;
      return;
    }
    await this.refresh();
  }

  show(now) {
    const isBusy = Boolean(now.job);
    byId("running").hidden = !now.is_imitation;
    byId("running").classList.toggle("busy", isBusy);
    byId("running-text").textContent = isBusy ? told(now) : "Nothing is being generated.";
    byId("running-bar").value = now.fraction;
    for (const id of ["running-bar", "interrupt", "skip"]) byId(id).hidden = !isBusy;
    this.showPreview(now);
    this.showHolds(now.holds);
  }

  showPreview(now) {
    const image = byId("preview");
    image.hidden = !now.has_preview;
    const picture = now.has_preview ? `${now.job_timestamp}-${now.job_no}-${now.sampling_step}` : "";
    if (picture && picture !== this.shownPicture) image.src = `running/preview?of=${picture}`;
    this.shownPicture = picture;
  }

  showHolds(holds) {
    const known = JSON.stringify(holds);
    if (byId("holds").dataset.known === known) return; // so that a button stays while it is clicked
    byId("holds").dataset.known = known;
    byId("holds").replaceChildren(...holds.map((hold) => this.holdLine(hold)));
  }

  holdLine(hold) {
    const isHolding = hold.stage === "holding";
    const button = element("button", { type: "button" }, isHolding ? "Release" : "Take back");
    button.addEventListener("click", async () => {
      await call("POST", `v1/holds/${hold.id}/release`);
      await this.refresh();
    });
    const text = isHolding ? `Request ${hold.request} is held at step ${hold.at_step}` : waiting(hold);
    return element("span", { className: "hold" }, text, button);
  }
}

function waiting(hold) {
  const what = hold.request === null ? "The next generation" : `Request ${hold.request}`;
  const which = Object.keys(hold.match).length ? ` that matches ${JSON.stringify(hold.match)}` : "";
  return `${what}${which} will be held at step ${hold.at_step}`;
}

function told(now) {
  const parts = [now.job.replace("scripts_", "")];
  if (now.job_count > 0) parts.push(`part ${Math.min(now.job_no + 1, now.job_count)} of ${now.job_count}`);
  if (now.sampling_steps) parts.push(`step ${now.sampling_step} of ${now.sampling_steps}`);
  if (now.waiting) parts.push(`${now.waiting} waiting`);
  if (now.interrupted || now.skipped) parts.push("is asked to end");
  return parts.join(", ");
}
