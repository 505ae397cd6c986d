// What the server knows, kept up to date: views read it here and are told when it changes.

import { api } from "./api.js";
import { coalesced } from "./dom.js";
import { listen } from "./events.js";

export const live = { state: null, queue: null, choices: null, online: false, progress: new Map() };

const listeners = new Map();

/** Have `listener` called when `what` changes: state, queue, choices, history, packs, online. */
export function on(what, listener) {
  listeners.set(what, [...(listeners.get(what) ?? []), listener]);
  if (live[what]) listener(live[what]);
}

export function tell(what, value) {
  for (const listener of listeners.get(what) ?? []) listener(value);
}

/** Return a function that asks for `what` again; an app that does not answer is seen by the stream. */
const refresher = (what) =>
  coalesced(async () => {
    try {
      live[what] = await api[what]();
    } catch {
      return;
    }
    tell(what, live[what]);
  });

export const refresh = { state: refresher("state"), queue: refresher("queue"), choices: refresher("choices") };

function refreshAll() {
  for (const one of Object.values(refresh)) one();
  tell("history", null);
  tell("packs", null);
}

function setOnline(online) {
  if (live.online === online) return;
  live.online = online;
  tell("online", online);
}

const REACTIONS = {
  queue: () => (refresh.queue(), refresh.state()),
  job: ({ job_id: id, status }) => {
    if (status !== "running") live.progress.delete(id);
    refresh.queue();
  },
  progress: (data) => (live.progress.set(data.job_id, data), tell("progress", data)),
  history: (data) => tell("history", data),
  connection: () => (refresh.state(), refresh.choices()),
  settings: () => (refresh.state(), tell("packs", null)),
};

export function startLive() {
  listen({
    onEvent: (kind, data) => REACTIONS[kind](data),
    onOpen: () => (setOnline(true), refreshAll()),
    onLost: () => setOnline(false),
  });
}
