// The next job as this browser has it: kept over a reload, told to whoever shows it.
//
// Only settings that were set here are in `config`; the others are left to the pack, the preset and
// the defaults, in that order.

const KEY = "draft";
const EMPTY = { prompt: "", negative_prompt: "", pack_id: null, only: [], preset: null, seed: null, axes: {}, config: {} };

let draft = { ...EMPTY, ...read() };
const listeners = [];

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

export const current = () => draft;

/** Begin with the draft of the last run, where this browser has none of its own yet. */
export function beginWith(last) {
  if (localStorage.getItem(KEY) === null) replace(last);
}

/** Have `listener(draft, replaced)` called at each change; `replaced` where all of it is new. */
export function onDraft(listener) {
  listeners.push(listener);
}

function changed(replaced) {
  localStorage.setItem(KEY, JSON.stringify(draft));
  for (const listener of listeners) listener(draft, replaced);
}

/** Change some of the draft. */
export function change(values) {
  draft = { ...draft, ...values };
  changed(false);
}

/** Put another draft in place of this one. */
export function replace(values) {
  draft = { ...structuredClone(EMPTY), ...values };
  changed(true);
}

/** Return the setting at a path like "txt2img.steps", undefined where it was not set here. */
export const setting = (path, config = draft.config) =>
  path.split(".").reduce((inner, key) => inner?.[key], config);

/** Set a setting, or leave it to pack, preset and defaults with undefined. */
export function set(path, value) {
  const config = structuredClone(draft.config);
  put(config, path.split("."), value);
  draft = { ...draft, config };
  changed(false);
}

function put(target, [key, ...rest], value) {
  if (rest.length) {
    target[key] ??= {};
    put(target[key], rest, value);
    if (!Object.keys(target[key]).length) delete target[key];
  } else if (value === undefined) delete target[key];
  else target[key] = value;
}
