// Run: the next job, what it makes, and what runs now.

import { api } from "../api.js";
import { h } from "../dom.js";
import { beginWith, current, onDraft, replace } from "../draft.js";
import { count } from "../format.js";
import { icon } from "../icons.js";
import { bind } from "../keys.js";
import { live, on } from "../live.js";
import { viewNow } from "../router.js";
import { makeCards } from "../run/cards.js";
import { makeNow } from "../run/now.js";
import { makeOutcome } from "../run/outcome.js";
import { makePrompts } from "../run/prompts.js";
import { takePicture } from "../drop.js";
import { attempt, toast } from "../toast.js";

const NARROW_PX = 1000; // below it what runs is under the form

export function startRun(root) {
  const prompts = makePrompts(tools());
  const cards = makeCards();
  let effective = {};

  const outcome = makeOutcome({
    onAnswer(preview) {
      effective = preview.config ?? effective;
      cards.refuse(null, null);
      show();
    },
    onError: (error) => cards.refuse(placeOf(error), error.message),
  });

  function show() {
    prompts.show(current());
    cards.show(effective);
  }

  root.append(
    h("form", { class: "composer", on: { submit: (event) => event.preventDefault() } }, prompts.element, h("div", { class: "cards" }, ...cards.elements)),
    h("aside", { class: "side", ariaLabel: "Outcome" }, h("div", { class: "panel launch" }, outcome.element, buttons()), h("div", { class: "panel" }, makeNow())),
  );
  onDraft(() => (show(), outcome.ask()));
  on("choices", show);
  on("packs", outcome.ask);
  on("state", (state) => {
    beginWith(state.draft);
    effective = Object.keys(effective).length ? effective : (state.defaults ?? {});
    show();
  });
  const inRun = { typing: true, when: () => viewNow() === "run" };
  bind("Ctrl+Enter", "Run", "Run now", () => submit("now"), inRun);
  bind("Ctrl+E", "Run", "Add to the queue", () => submit("queue"), inRun);
}

const placeOf = (error) => error.place?.replace(/^config\./, "");

function buttons() {
  const run = h("button", { type: "button", class: "strong", id: "run-now", title: "Ctrl+Enter", on: { click: () => submit("now") } }, icon("run"), "Run Now");
  const add = h("button", { type: "button", id: "add-to-queue", title: "Ctrl+E", on: { click: () => submit("queue") } }, icon("add"), "Add to Queue");
  return h("div", { class: "launch-buttons" }, run, add);
}

function tools() {
  const file = h("input", { type: "file", accept: "image/*", hidden: true, id: "picture-file", ariaLabel: "A picture" });
  file.addEventListener("change", () => {
    if (file.files.length) takePicture(file.files[0]);
    file.value = "";
  });
  return [
    h("button", { type: "button", class: "small", text: "From a picture…", title: "Or drop one anywhere", on: { click: () => file.click() } }), file,
    h("button", { type: "button", class: "small", text: "Reset settings", title: "Leave all settings to pack, preset and defaults", on: { click: () => replace({ ...current(), config: {} }) } }),
  ];
}

/** Submit the draft as it stands; what is wrong with it is said in the outcome. */
function submit(mode) {
  return attempt(async () => {
    const { job_ids: ids } = await api.submit(current(), mode);
    const ahead = live.queue?.queued.length ?? 0;
    if (mode === "now") {
      toast("Runs next.");
      if (innerWidth < NARROW_PX) document.querySelector(".side").scrollIntoView({ behavior: "smooth" });
    } else toast(`${count(ids.length, "job")} added to the queue${ahead ? `, behind ${ahead}` : ""}.`);
  });
}
