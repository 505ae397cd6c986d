// What made a picture, as a list to read and copy.

import { h } from "../dom.js";
import { moment, stageName } from "../format.js";
import { icon } from "../icons.js";
import { toast, toastError } from "../toast.js";

/** Return the elements that tell of a record and one of its pictures. */
export function parametersOf(record, image) {
  const { txt2img = {} } = record.config ?? {};
  return [
    ...record.warnings.map((warning) => h("p", { class: "note warn", text: warning })),
    image && record.error ? h("p", { class: "note bad", text: record.error }) : null,
    ...text("Prompt", record.prompt),
    ...text("Negative prompt", record.negative_prompt),
    h("h3", { text: "Settings" }),
    facts({
      Model: image?.model ?? txt2img.checkpoint,
      Seed: image?.seed ?? record.seed,
      Size: `${txt2img.width}×${txt2img.height}`,
      Steps: txt2img.steps,
      "CFG scale": txt2img.cfg_scale,
      Sampler: txt2img.sampler_name,
      Scheduler: txt2img.scheduler,
      Stages: record.stages.map(stageName).join(" → "),
      Pack: [record.pack, record.prompt_keys?.name].filter(Boolean).join(" · "),
      WebUI: record.webui,
      Queued: moment(record.created_at),
      File: image?.file,
      Job: record.id,
    }),
    image?.infotext ? folded("Generation parameters", image.infotext) : null,
    folded("The whole configuration", JSON.stringify(record.config, null, 2)),
  ].filter(Boolean);
}

function text(title, value) {
  if (!value) return [];
  return [h("div", { class: "title-with-button" }, h("h3", { text: title }), copyButton(title, value)), h("p", { class: "prompt-text", text: value })];
}

const copyButton = (title, value) =>
  h("button", { type: "button", class: "icon-button", title: `Copy: ${title}`, ariaLabel: `Copy: ${title}`, on: { click: () => copy(value) } }, icon("copy"));

async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    toast("Copied.");
  } catch {
    toastError(new Error("The browser lets pages copy only from https or this machine. Select the text and press Ctrl+C."));
  }
}

const facts = (known) =>
  h("dl", { class: "facts" }, Object.entries(known)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [h("dt", { text: name }), h("dd", { text: String(value) })]));

const folded = (title, value) =>
  h("details", { class: "more" }, h("summary", { text: title }), h("div", { class: "title-with-button" }, copyButton(title, value)), h("pre", { tabIndex: 0, text: value }));
