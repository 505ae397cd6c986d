// A button for each fault, and the rules in force.

import { byId, call, element, foldable } from "./dom.js";

export class Faults {
  constructor() {
    this.actions = {};
    foldable("open-faults", "faults");
    byId("fault-path").addEventListener("change", () => this.drawActions());
    byId("fault-when").addEventListener("change", () => this.askNumber());
  }

  askNumber() {
    const when = byId("fault-when").value;
    byId("fault-number-label").hidden = !["nth", "probability"].includes(when);
    byId("fault-number").value = when === "probability" ? "0.5" : "2";
  }

  async refresh() {
    const { rules, actions } = await call("GET", "v1/faults");
    if (!Object.keys(this.actions).length) {
      this.actions = actions;
      this.listPaths();
      this.drawActions();
    }
    this.drawRules(rules);
  }

  listPaths() {
    const paths = new Set(Object.values(this.actions).flatMap((action) => action.endpoints));
    for (const other of ["progress", "samplers", "sd-models", "png-info"]) paths.add(`/sdapi/v1/${other}`);
    byId("fault-path").append(...[...paths].map((path) => element("option", { value: path }, path)));
  }

  drawActions() {
    const path = byId("fault-path").value;
    const made = Object.entries(this.actions).map(([name, action]) => this.button(name, action, path));
    byId("fault-actions").replaceChildren(...made);
  }

  button(name, action, path) {
    const inputs = Object.entries(action.with).map(([key, one]) => setting(key, one));
    const button = element("button", { type: "button", title: action.symptom }, name);
    button.dataset.action = name;
    button.disabled = Boolean(path) && action.endpoints.length > 0 && !action.endpoints.includes(path);
    button.addEventListener("click", () => this.add(name, inputs));
    const labels = inputs.map((input) => element("label", { title: input.title }, input.name, input));
    return element("span", { className: "action" }, button, ...labels);
  }

  async add(name, inputs) {
    try {
      await call("POST", "v1/faults", this.asked(name, inputs));
      byId("fault-message").textContent = `${name}: ${this.actions[name].symptom}`;
    } catch (error) {
      byId("fault-message").textContent = error.message;
    }
    await this.refresh();
  }

  asked(name, inputs) {
    const defaults = this.actions[name].with;
    const values = inputs.filter((input) => input.value !== "").map((input) => [input.name, value(input)]);
    const given = values.filter(([key, one]) => one !== defaults[key].default);
    const times = byId("fault-times").value;
    return {
      match: this.match(), when: this.when(), action: name, with: Object.fromEntries(given),
      ...(times ? { times: Number(times) } : {}),
    };
  }

  match() {
    const path = byId("fault-path").value;
    const payload = byId("fault-payload").value.trim();
    return { ...(path ? { path } : {}), ...(payload ? { payload: readPayload(payload) } : {}) };
  }

  when() {
    const when = byId("fault-when").value;
    const number = Number(byId("fault-number").value);
    return ["nth", "probability"].includes(when) ? { [when]: number } : when;
  }

  drawRules(rules) {
    byId("fault-rules").hidden = !rules.length;
    byId("fault-rules").tBodies[0].replaceChildren(...rules.map((rule) => this.rule(rule)));
    const count = byId("fault-count");
    count.hidden = !rules.length;
    count.textContent = String(rules.length);
  }

  rule(rule) {
    const remove = element("button", { type: "button", title: "Remove this rule", ariaLabel: `Remove rule ${rule.id}` }, "×");
    remove.addEventListener("click", async () => {
      await call("DELETE", `v1/faults/${rule.id}`);
      await this.refresh();
    });
    const cells = [rule.action, requests(rule.match), when(rule), words(rule.with), String(rule.seen), String(rule.fired), remove];
    return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
  }
}

function requests(match) {
  const { path, ...others } = match;
  return [path ?? "every address", Object.keys(others).length ? JSON.stringify(others) : ""].join(" ").trim();
}

function when(rule) {
  const moment = typeof rule.when === "string" ? rule.when : words(rule.when);
  return rule.times && rule.times > 1 ? `${moment}, ${rule.times} times` : moment;
}

const words = (values) => Object.entries(values).filter(([, one]) => one !== null).map(([key, one]) => `${key} ${one}`).join(", ");

function readPayload(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The payload is not JSON: ${error.message}`);
  }
}

function setting(key, one) {
  if (one.choices) {
    const options = one.choices.map((choice) => element("option", { value: choice }, choice));
    return element("select", { name: key, title: one.about, ariaLabel: key }, ...options);
  }
  const isNumber = typeof one.default === "number";
  const input = element("input", { name: key, type: isNumber ? "number" : "text", value: String(one.default ?? ""), title: one.about, ariaLabel: key });
  if (isNumber) input.step = "any";
  else if (one.default === null) input.dataset.json = "";
  return input;
}

function value(input) {
  if (input.type === "number") return Number(input.value);
  return "json" in input.dataset ? jsonOrText(input.value) : input.value;
}

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
