// The JSON interface of the app: the one module that knows its addresses.

const ROOT = "api/v1";

/** What went wrong, in the server's words: `place` is the field it is about, `remedy` what to do. */
export class ApiError extends Error {
  constructor(message, { place = null, remedy = null, status = 0 } = {}) {
    super(message);
    Object.assign(this, { place, remedy, status });
  }

  /** What went wrong and what to do, in one sentence. */
  get sentence() {
    const text = this.remedy ? `${this.message}; ${this.remedy}` : this.message;
    return text.charAt(0).toUpperCase() + text.slice(1);
  }
}

const UNREACHABLE = { remedy: "start it again with `python -m app gui`, and this page goes on by itself" };

async function call(method, path, { json, body, query } = {}) {
  const words = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  const address = `${ROOT}/${path}${words.size ? `?${words}` : ""}`;
  const headers = json === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(address, { method, headers, body: json === undefined ? body : JSON.stringify(json) })
    .catch(() => { throw new ApiError("the app does not answer", UNREACHABLE); });
  const value = await answer.json().catch(() => null);
  if (!answer.ok) throw errorOf(answer, value);
  return value;
}

function errorOf(answer, value) {
  const { message, place, remedy } = value?.error ?? {};
  return new ApiError(message ?? `the app answered ${answer.status} ${answer.statusText}`, { place, remedy, status: answer.status });
}

const get = (where, query) => call("GET", where, { query });
const post = (where, json = {}) => call("POST", where, { json });
const name = encodeURIComponent;
const path = (text) => text.split("/").map(name).join("/");

export const EVENTS = `${ROOT}/events`;

export const api = {
  state: () => get("state"),
  choices: () => get("choices"),
  preview: (draft) => post("preview", { draft }),
  submit: (draft, mode) => post("jobs", { draft, mode }),
  importPicture: (file) => {
    const form = new FormData();
    form.append("image", file);
    return call("POST", "import", { body: form });
  },

  queue: () => get("queue"),
  pause: () => post("queue/pause"),
  resume: () => post("queue/resume"),
  move: (ids, to) => post("queue/move", { ids, to }),
  cancel: (ids) => post("queue/cancel", { ids }),
  skip: (id) => post("queue/skip", { id }),
  edit: (id, changes) => post("queue/edit", { id, changes }),
  retry: (what) => post("queue/retry", what),

  history: (query) => get("history", query),
  record: (id) => get(`history/${name(id)}`),
  again: (id, seed) => post(`history/${name(id)}/again`, { seed }),
  openFolder: (id) => post(`history/${name(id)}/open-folder`),
  remove: (ids) => post("history/delete", { ids }),
  restore: (undo) => post("history/restore", { undo }),
  favourite: (image, is) => call(is ? "PUT" : "DELETE", `favourites/${name(image)}`),
  statistics: (hours) => get("statistics", { hours }),

  packs: () => get("packs"),
  pack: (pack) => get(`packs/${path(pack)}`),
  savePack: (pack, text) => call("PUT", `packs/${name(pack)}`, { json: { text } }),
  removePack: (pack) => call("DELETE", `packs/${name(pack)}`),
  checkPack: (pack, text) => post("packs/check", { name: pack, text }),
  presets: () => get("presets"),
  savePreset: (preset, settings, overwrite) => call("PUT", `presets/${name(preset)}`, { json: { settings, overwrite } }),
};
