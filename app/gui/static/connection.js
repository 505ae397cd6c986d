// The WebUIs behind the app, in the corner of every view; what is wrong is said below the header.

import { api } from "./api.js";
import { byId, fill, h, setText } from "./dom.js";
import { count } from "./format.js";
import { live, on } from "./live.js";
import { attempt } from "./toast.js";

const WORDS = {
  up: "up",
  starting: "starting",
  "no-api": "no API",
  "wrong-password": "wrong password",
  gone: "not reachable",
  error: "error",
  unknown: "looking…",
};

const host = (url) => url.replace(/^https?:\/\//, "");

function chip(webui) {
  const name = [webui.kind, webui.version].filter(Boolean).join(" ") || "WebUI";
  const models = webui.models ? ` · ${count(webui.models, "model")}` : "";
  return h("span", { class: "chip", data: { status: webui.status }, title: webui.sentence ?? "" },
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("span", { class: "chip-name", text: name }),
    h("span", { class: "chip-where", text: `${host(webui.url)}${models}` }),
    h("span", { class: "chip-word", text: WORDS[webui.status] ?? webui.status }));
}

function banner(kind, text, button) {
  return h("div", { class: `banner ${kind}` }, h("span", { text }), button);
}

function banners(state) {
  if (!live.online) return [banner("bad", "The app does not answer. This page goes on by itself when it is back.")];
  const notUp = (state?.webuis ?? []).filter((webui) => webui.status !== "up" && webui.sentence);
  return [
    ...notUp.map((webui) => banner(webui.status === "starting" ? "warn" : "bad", webui.sentence)),
    state?.paused && banner("warn", `The queue is paused${state.reason ? `: ${state.reason}` : "."}`,
      h("button", { class: "small", text: "Resume", on: { click: () => attempt(api.resume) } })),
  ];
}

/** Put elements in place of others that say something else; screen readers read what changes here. */
function replace(place, wanted) {
  const said = (elements) => [...elements].map((one) => `${one.className} ${one.dataset.status ?? ""} ${one.textContent}`).join("\n");
  if (said(wanted) !== said(place.children)) fill(place, ...wanted);
}

function show() {
  const { state } = live;
  replace(byId("connection"), (state?.webuis ?? []).map(chip));
  replace(byId("banners"), banners(state).filter(Boolean));
  const waiting = state?.counts?.queued ?? 0;
  setText(byId("queue-count"), waiting ? String(waiting) : "");
}

export function startConnection() {
  on("state", show);
  on("online", show);
}
