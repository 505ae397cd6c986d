// Changing waiting or finished jobs: one, or several in the same way.

import { api } from "../api.js";
import { byId, fill, h } from "../dom.js";
import { count } from "../format.js";
import { toast } from "../toast.js";

const SETTINGS = [
  ["txt2img.width", "Width", "number"], ["txt2img.height", "Height", "number"],
  ["txt2img.steps", "Steps", "number"], ["txt2img.cfg_scale", "CFG scale", "number"],
  ["txt2img.seed", "Seed", "number"], ["txt2img.n_iter", "Batches", "number"],
];

/** Open the dialog for jobs; what is left as it is stays as it is. */
export function editJobs(jobs) {
  const dialog = byId("edit-dialog");
  const one = jobs.length === 1 ? jobs[0] : null;
  const prompt = area("Prompt", one?.prompt);
  const negative = area("Negative prompt", one?.negative_prompt);
  const settings = SETTINGS.map(([path, label, type]) => setting(path, label, type));
  const error = h("p", { class: "problem", role: "alert", hidden: true });
  byId("edit-title").textContent = one ? "Edit the job" : `Edit ${count(jobs.length, "job")}`;
  fill(byId("edit-fields"),
    h("p", { class: "quiet", text: one ? "What you leave empty stays as it is." : "What you leave empty stays as it is in each." }),
    prompt.element, negative.element, h("div", { class: "fields" }, ...settings.map((field) => field.element)), error);
  byId("edit-form").onsubmit = async (event) => {
    event.preventDefault();
    const changes = changesOf(prompt, negative, settings);
    try {
      for (const job of jobs) await api.edit(job.id, changes);
    } catch (refusal) {
      error.textContent = refusal.sentence ?? refusal.message;
      error.hidden = false;
      return;
    }
    dialog.close();
    toast(`${count(jobs.length, "job")} changed.`);
  };
  dialog.showModal();
}

function changesOf(prompt, negative, settings) {
  const config = {};
  for (const field of settings) field.put(config);
  return {
    ...(prompt.changed() ? { prompt: prompt.input.value } : {}),
    ...(negative.changed() ? { negative_prompt: negative.input.value } : {}),
    ...(Object.keys(config).length ? { config } : {}),
  };
}

function area(label, value = "") {
  const id = `edit-${label.replaceAll(" ", "-").toLowerCase()}`;
  const input = h("textarea", { id, rows: 3, value, spellcheck: false });
  return { input, changed: () => input.value !== value, element: h("div", { class: "field wide" }, h("label", { htmlFor: id, text: label }), input) };
}

function setting(path, label, type) {
  const id = `edit-${path.replaceAll(".", "-")}`;
  const input = h("input", { id, type, step: "any", placeholder: "as it is" });
  const [section, name] = path.split(".");
  return {
    element: h("div", { class: "field" }, h("label", { htmlFor: id, text: label }), input),
    put(config) {
      if (input.value !== "") (config[section] ??= {})[name] = Number(input.value);
    },
  };
}
