// What may be changed while the server runs; the server says what there is.

import { byId, call, element, foldable } from "./dom.js";

const SECONDS = { step_seconds: "seconds for each sampling step", load_seconds: "seconds for a checkpoint switch" };
const ABOUT = {
  ...SECONDS, seed: "a whole number, or nothing for chance", images: "compact, realistic, or a folder",
  strict: "unknown addresses and fields are a failure",
};

export class Settings {
  constructor() {
    foldable("open-settings", "settings");
    byId("open-settings").addEventListener("click", () => this.refresh());
    byId("settings-form").addEventListener("submit", (event) => this.save(event));
    this.shown = {};
  }

  async refresh() {
    this.draw(await call("GET", "v1/settings"));
    this.say("They hold until the next reset.");
  }

  draw(settings) {
    this.shown = settings;
    byId("settings-fields").replaceChildren(...Object.entries(settings).map(([name, value]) => field(name, value)));
  }

  async save(event) {
    event.preventDefault();
    const inputs = [...byId("settings-fields").querySelectorAll("input")];
    const values = Object.fromEntries(inputs.map((input) => [input.name, read(input)]));
    const changes = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== this.shown[name]));
    try {
      this.draw(await call("PATCH", "v1/settings", changes));
      this.say("Saved, until the next reset.");
    } catch (error) {
      this.say(error.message);
    }
  }

  say(text) {
    byId("settings-message").textContent = text;
  }
}

function field(name, value) {
  const input = element("input", { name, type: typeof value === "boolean" ? "checkbox" : "text" });
  if (typeof value === "boolean") input.checked = value;
  else input.value = value ?? "";
  input.dataset.kind = typeof value === "string" ? "text" : "number";
  return element("label", {}, element("code", {}, name), input, element("span", {}, ABOUT[name] ?? ""));
}

function read(input) {
  if (input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  if (input.dataset.kind === "text") return text;
  if (!text) return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
}
