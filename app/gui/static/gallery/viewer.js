// One picture at full size, with what made it and what can be done with it.

import { api } from "../api.js";
import { byId, fill, h, setText } from "../dom.js";
import { brief, duration, moment, stageName } from "../format.js";
import { icon } from "../icons.js";
import { toastError } from "../toast.js";
import { compare } from "./compare.js";
import { parametersOf } from "./parameters.js";

/**
 * Return {open(item), close(), item, isOpen}. `neighbour(item, step)` gives the next one or null,
 * `actions` is a list of {icon, label, key, run(item)}, `onShow(item)` is told what is shown.
 */
export function makeViewer({ neighbour, actions, onShow }) {
  const dialog = byId("viewer");
  const picture = byId("viewer-picture");
  const buttons = new Map();
  let item = null;
  let record = null;

  fill(byId("viewer-actions"), ...actions.map((action) => {
    const button = h("button", { type: "button", class: "small", title: `${action.label} (${action.key})`, data: { act: action.icon }, on: { click: () => action.run(item) } }, icon(action.icon), h("span", { text: action.label }));
    buttons.set(action.icon, button);
    return button;
  }));
  byId("viewer-previous").addEventListener("click", () => step(-1));
  byId("viewer-next").addEventListener("click", () => step(1));
  picture.addEventListener("click", () => picture.classList.toggle("full-size"));
  dialog.addEventListener("close", () => onShow(null));
  dialog.addEventListener("keydown", (event) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!direction || event.target.matches("input, textarea")) return;
    event.preventDefault();
    step(direction);
  });

  function step(direction) {
    const next = item && neighbour(item, direction);
    if (next) open(next);
  }

  async function open(next) {
    item = next;
    if (!dialog.open) dialog.showModal();
    show(item.image, item.job);
    onShow(item);
    preload(neighbour(item, 1));
    try {
      const found = await api.record(item.job.id);
      if (item === next) showRecord(found);
    } catch (error) {
      toastError(error);
    }
  }

  function show(image, job) {
    picture.classList.remove("full-size");
    picture.hidden = !image;
    if (image) {
      picture.src = image.url;
      picture.alt = brief(job.prompt, 200);
    }
    byId("viewer-failure").hidden = Boolean(image);
    setText(byId("viewer-failure"), image ? "" : `${job.status}: ${job.error ?? "it has no pictures"}`);
    byId("viewer-previous").disabled = !neighbour(item, -1);
    byId("viewer-next").disabled = !neighbour(item, 1);
    if (document.activeElement?.disabled) dialog.focus(); // else the keys would go nowhere
    setText(byId("viewer-title"), headline(image, job));
    mark();
  }

  function mark() {
    const star = buttons.get("star");
    star.setAttribute("aria-pressed", String(Boolean(item.image?.favourite)));
    for (const name of ["star", "compare"]) buttons.get(name).disabled = !item.image;
  }

  function showRecord(found) {
    record = found;
    fill(byId("viewer-stages"), ...stages(record, item, (image) => show(image, record)));
    fill(byId("viewer-overview"), ...overview(record, picture));
    fill(byId("viewer-facts"), ...parametersOf(record, item.image));
  }

  return {
    open,
    mark,
    get item() {
      return item;
    },
    get record() {
      return record?.id === item?.job.id ? record : null;
    },
    get isOpen() {
      return dialog.open;
    },
    close: () => dialog.close(),
  };
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
function overview({ overview_url: url }, picture) {
  if (!url) return [];
  const drawn = h("img", { src: url, alt: "All pictures of the batch, with labels" });
  return [h("h3", { text: "Overview of the batch" }), h("button", { type: "button", class: "thumb", ariaLabel: "Show the overview", on: { click: () => (picture.src = url) } }, drawn)];
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
