// The prompts: written here, or a pack's; and the preset under them.

import { api } from "../api.js";
import { ask } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { change, current } from "../draft.js";
import { on } from "../live.js";
import { go } from "../router.js";
import { attempt, toast } from "../toast.js";
import { suggestIn } from "./suggest.js";

const area = (id, label, rows) => {
  const input = h("textarea", { id, rows, spellcheck: false });
  return { input, element: h("div", { class: "field wide with-suggestions" }, h("label", { htmlFor: id, text: label }), input, suggestIn(input)) };
};

/** Return {element, show(draft)}; `tools` are further buttons for its last row. */
export function makePrompts(tools) {
  const prompt = area("prompt", "Prompt", 4);
  const negative = area("negative-prompt", "Negative prompt", 2);
  const only = h("input", { id: "only", type: "text", autocomplete: "off", placeholder: "all; or names, rows" });
  const onlyField = h("div", { class: "field" }, h("label", { htmlFor: "only", text: "Only these prompts" }), only);
  const axes = h("input", { id: "axes", type: "text", autocomplete: "off", spellcheck: false, placeholder: "cfg=5|7; sampler=Euler|DDIM" });
  const axesField = h("div", { class: "field double" }, h("label", { htmlFor: "axes", text: "Settings that take several values" }), axes);
  const pack = chooser("pack", "Pack", "None");
  const preset = chooser("preset", "Preset", "None");
  const editPack = h("button", { type: "button", class: "small", text: "Edit pack", on: { click: () => go("packs", current().pack_id) } });
  const save = h("button", { type: "button", class: "small", text: "Save as preset…", on: { click: () => savePreset() } });

  prompt.input.addEventListener("input", () => change({ prompt: prompt.input.value }));
  negative.input.addEventListener("input", () => change({ negative_prompt: negative.input.value }));
  only.addEventListener("input", () => change({ only: only.value.split(",").map((name) => name.trim()).filter(Boolean) }));
  axes.addEventListener("input", () => change({ axes: axesOf(axes.value) }));
  pack.input.addEventListener("change", () => change({ pack_id: pack.input.value || null, only: [] }));
  preset.input.addEventListener("change", () => change({ preset: preset.input.value || null }));
  on("packs", async () => {
    await Promise.all([pack.load(api.packs), preset.load(api.presets)]).catch(() => {}); // tried again on reconnection
    show(current());
  });

  function show(draft) {
    const isPack = Boolean(draft.pack_id);
    pack.show(draft.pack_id);
    preset.show(draft.preset);
    prompt.element.hidden = negative.element.hidden = isPack;
    onlyField.hidden = editPack.hidden = !isPack;
    put(prompt.input, draft.prompt);
    put(negative.input, draft.negative_prompt);
    put(only, draft.only.join(", "));
    put(axes, Object.entries(draft.axes).map(([name, values]) => `${name}=${values.join("|")}`).join("; "));
  }

  const choosers = h("div", { class: "fields" }, pack.element, preset.element, onlyField, axesField, h("div", { class: "field buttons wide" }, editPack, save, ...tools));
  return { element: h("section", { class: "card prompts", ariaLabel: "Prompts" }, prompt.element, negative.element, choosers), show };
}

function put(input, text) {
  if (document.activeElement !== input && input.value !== text) input.value = text;
}

function chooser(id, label, none) {
  const input = h("select", { id });
  let names = [];
  return {
    input,
    element: h("div", { class: "field" }, h("label", { htmlFor: id, text: label }), input),
    async load(ask) {
      names = namesOf(await ask());
    },
    show(chosen) {
      const there = chosen && !names.includes(chosen) ? [chosen, ...names] : names;
      fill(input, h("option", { value: "", text: none }), ...there.map((name) => h("option", { value: name, text: name })));
      input.value = chosen ?? "";
    },
  };
}

/** Return the values by setting of a text like "cfg=5|7; steps=20|30". */
const axesOf = (text) =>
  Object.fromEntries(text.split(";").map((one) => one.split("=")).filter(([name]) => name.trim())
    .map(([name, values = ""]) => [name.trim(), values.split("|").map((value) => value.trim()).filter(Boolean)]));

const namesOf = ({ packs, samples = [], presets }) => [...(packs ?? presets), ...samples];

async function savePreset() {
  const name = await ask({ title: "Save these settings as a preset", label: "Name", value: current().preset ?? "", yes: "Save" });
  if (!name) return;
  attempt(async () => {
    const isThere = namesOf(await api.presets()).includes(name);
    if (isThere && !(await ask({ title: `Replace the preset ${name}?`, yes: "Replace" }))) return;
    await api.savePreset(name, current().config, isThere);
    change({ preset: name });
    toast(`Saved as preset ${name}.`);
  });
}
