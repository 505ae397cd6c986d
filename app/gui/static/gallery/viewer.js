// One picture at full size, with what made it and what can be done with it.

import { api } from "../api.js";
import { byId, fill, h, setText } from "../dom.js";
import { brief, duration, moment, stageName } from "../format.js";
import { icon } from "../icons.js";
import { toastError } from "../toast.js";
import { compare } from "./compare.js";
import { parametersOf } from "./parameters.js";

const OVERVIEW = "All pictures of the batch, with labels";

/**
 * `actions` is a list of {icon, label, key, run(item)}; `neighbour(item, step)` gives the next item
 * or null; `onShow(item)` is told what is shown, null at the end.
 */
export class Viewer {
  #dialog = byId("viewer");
  #picture = byId("viewer-picture");
  #buttons = new Map();
  #does;

  constructor({ actions, neighbour, onShow }) {
    this.#does = { neighbour, onShow };
    this.item = null;
    fill(byId("viewer-actions"), ...actions.map((action) => this.#makeButton(action)));
    byId("viewer-previous").addEventListener("click", () => this.#step(-1));
    byId("viewer-next").addEventListener("click", () => this.#step(1));
    this.#picture.addEventListener("click", () => this.#picture.classList.toggle("full-size"));
    this.#dialog.addEventListener("keydown", (event) => this.#pressed(event));
    this.#dialog.addEventListener("close", () => {
      this.item = null;
      onShow(null);
    });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** Show an item, and what is known of its job as soon as that is here. */
  async open(item) {
    this.item = item;
    if (!this.isOpen) this.#dialog.showModal();
    this.#show(item.image, item.job);
    this.#does.onShow(item);
    preload(this.#does.neighbour(item, 1));
    try {
      const record = await api.record(item.job.id);
      if (this.item === item) this.#tell(record);
    } catch (error) {
      toastError(error);
    }
  }

  close() {
    this.#dialog.close();
  }

  /** Show whether the item is a favourite now. */
  mark() {
    const image = this.item?.image;
    this.#buttons.get("star").setAttribute("aria-pressed", String(Boolean(image?.favourite)));
    for (const name of ["star", "compare"]) this.#buttons.get(name).disabled = !image;
  }

  #makeButton({ icon: name, label, key, run }) {
    const button = h("button", { type: "button", class: "small", title: `${label} (${key})`, data: { act: name }, on: { click: () => run(this.item) } }, icon(name), h("span", { text: label }));
    this.#buttons.set(name, button);
    return button;
  }

  #pressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.target.matches("input, textarea")) return;
    event.preventDefault();
    this.#step(step);
  }

  #step(step) {
    const next = this.#does.neighbour(this.item, step);
    if (next) this.open(next);
  }

  #show(image, job) {
    this.#look(image?.url, brief(job.prompt, 200));
    const failure = byId("viewer-failure");
    failure.hidden = Boolean(image);
    setText(failure, image ? "" : `${job.status}: ${job.error ?? "it has no pictures"}`);
    byId("viewer-previous").disabled = !this.#does.neighbour(this.item, -1);
    byId("viewer-next").disabled = !this.#does.neighbour(this.item, 1);
    if (document.activeElement?.disabled) this.#dialog.focus(); // else the keys would go nowhere
    setText(byId("viewer-title"), headline(image, job));
    this.mark();
  }

  #look(url, alt) {
    this.#picture.classList.remove("full-size");
    this.#picture.hidden = !url;
    if (url) Object.assign(this.#picture, { src: url, alt });
  }

  #tell(record) {
    fill(byId("viewer-stages"), ...stages(record, this.item, (image) => this.#show(image, record)));
    fill(byId("viewer-overview"), ...overview(record, (url) => this.#look(url, OVERVIEW)));
    fill(byId("viewer-facts"), ...parametersOf(record, this.item.image));
  }
}

function headline(image, job) {
  const size = image ? `${image.width}×${image.height}` : "";
  const took = job.took_s ? `took ${job.took_s < 60 ? `${job.took_s.toFixed(1)} s` : duration(job.took_s)}` : "";
  return [size, image && stageName(image.stage), moment(job.completed_at), took].filter(Boolean).join(" · ");
}

function preload(item) {
  if (item?.image) new Image().src = item.image.url;
}

/** The labelled picture of the whole batch, where its pack has axes. */
function overview({ overview_url: url }, look) {
  if (!url) return [];
  const drawn = h("img", { src: url, alt: "" });
  return [h("h3", { text: "Overview of the batch" }), h("button", { type: "button", class: "thumb", ariaLabel: "Show the overview", on: { click: () => look(url) } }, drawn)];
}

/** The pictures of each stage, to look at and to compare with the last. */
function stages(record, item, show) {
  const last = item.image;
  if (record.images.length < 2 || !last) return [];
  const thumb = (image) => {
    const label = `${stageName(image.stage)}, ${image.width}×${image.height}`;
    return h("li", {},
      h("button", { type: "button", class: "thumb", ariaLabel: `Show ${label}`, on: { click: () => show(image) } }, h("img", { src: image.thumb_url, alt: "" })),
      h("span", { class: "thumb-name", text: stageName(image.stage) }),
      image.id === last.id ? null : h("button", { type: "button", class: "link", text: "Compare", ariaLabel: `Compare ${label} with the result`, on: { click: () => compare({ url: image.url, label }, { url: last.url, label: `${stageName(last.stage)}, ${last.width}×${last.height}` }) } }));
  };
  return [h("h3", { text: "By stage" }), h("ul", { class: "stage-thumbs" }, ...record.images.map(thumb))];
}
