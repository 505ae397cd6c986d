// Packs: edit them, with the count of jobs and what there is to say while one writes.

import { ApiError, api } from "../api.js";
import { debounced, fill, h, setText } from "../dom.js";
import { ask } from "../dialogs.js";
import { change } from "../draft.js";
import { count } from "../format.js";
import { icon } from "../icons.js";
import { bind } from "../keys.js";
import { live, on, tell } from "../live.js";
import { makeEditor } from "../packs/editor.js";
import { go, route, viewNow } from "../router.js";
import { attempt, toast } from "../toast.js";

const CHECK_DELAY_MS = 300;
const STARTER = `# Prompts are separated by blank lines. [[a token]] takes each of its values in turn.

name: First
a portrait of [[someone]] in soft light
someone: a fisherman | a violinist
neg: blurry, low quality
`;

export function startPacks(root) {
  let packs = [];
  let open = null; // the pack in the editor: {name, file, isSample, saved}
  let newest = 0;
  const list = h("ul", { class: "pack-list", ariaLabel: "Packs" });
  const title = h("h2", { id: "pack-title" });
  const counted = h("p", { class: "outcome-count", role: "status", id: "pack-count" });
  const state = h("span", { class: "quiet", id: "pack-state" });
  const editor = makeEditor({ onInput: () => (showState(), check()) });
  const empty = h("p", { class: "empty" });
  const tool = (name, label, run, more = {}) => h("button", { type: "button", class: "small", data: { act: name }, on: { click: run }, ...more }, icon(name), label);
  const save = tool("save", "Save", saveNow, { title: "Ctrl+S", id: "pack-save" });
  const removal = tool("trash", "Delete", remove);
  const work = h("div", { class: "pack-work", hidden: true },
    h("div", { class: "panel-head" }, title, state, h("span", { class: "chosen-buttons" }, save, tool("run", "Use in Run", use), removal)),
    counted, h("div", { class: "editor-frame" }, editor.element));
  root.append(
    h("nav", { class: "panel pack-side", ariaLabel: "Packs" }, h("div", { class: "panel-head" }, h("h2", { text: "Packs" }), tool("add", "New", create, { id: "pack-new" })), list),
    h("div", { class: "panel pack-main" }, empty, work));

  async function load() {
    const answer = await api.packs().catch(() => null);
    if (!answer) return;
    packs = [...answer.packs.map((name) => ({ name })), ...answer.samples.map((name) => ({ name, isSample: true }))];
    showList();
  }

  function showList() {
    fill(list, ...packs.map((pack) => h("li", {}, h("a", { href: `#packs/${encodeURIComponent(pack.name)}`, "aria-current": open?.name === pack.name ? "true" : null }, h("span", { text: pack.name.replace(/^samples\//, "") }), pack.isSample ? h("span", { class: "tag", text: "sample" }) : null))));
    empty.hidden = Boolean(open);
    setText(empty, packs.length ? "Choose a pack, or make a new one." : "There is no pack yet. A pack is a file of prompts; New makes one to begin with.");
  }

  async function show(name) {
    if (!name || (name === open?.name && isChanged())) return;
    if (isChanged() && !(await ask({ title: `Leave ${open.name} without saving it?`, yes: "Leave it" }))) return go("packs", open.name);
    await attempt(async () => {
      const { text, file, is_sample: isSample } = await api.pack(name);
      edit({ name, file, isSample, saved: text }, text);
    });
  }

  function edit(pack, text) {
    open = pack;
    work.hidden = false;
    setText(title, pack.name);
    editor.showNotices([]);
    editor.setText(text);
    showState();
    showList();
    check();
  }

  const isChanged = () => open && editor.value !== open.saved;

  function showState() {
    setText(state, isChanged() ? "not saved" : open.isSample ? "a sample; saving makes a pack of your own" : "");
    save.disabled = !isChanged() && !open.isSample;
    removal.disabled = open.isSample;
  }

  const check = debounced(async () => {
    const mine = ++newest;
    const checked = open;
    try {
      const found = await countOf(checked);
      if (mine === newest) tellOf(found);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === newest) tellOf({ notices: [], error: { line: null, text: error.message } });
    }
  }, CHECK_DELAY_MS);

  /** A sample as it is has settings in a file beside it; the text alone is what saving makes. */
  const countOf = (pack) =>
    pack.isSample && !isChanged() ? api.preview({ pack_id: pack.name }) : api.checkPack(pack.file, editor.value);

  function tellOf({ jobs, prompts, notices, error }) {
    setText(counted, error ? "No jobs" : `${count(jobs, "job")} from ${count(prompts, "prompt")}`);
    editor.showNotices(error ? [{ ...error, isError: true }, ...notices] : notices);
  }

  function saveNow() {
    return attempt(async () => {
      const text = editor.value;
      const { name, file } = await api.savePack(open.file, text);
      open = { name, file, saved: text };
      history.replaceState(null, "", `#packs/${encodeURIComponent(name)}`);
      setText(title, name);
      showState();
      toast(`Saved ${name}.`);
      tell("packs", null);
    });
  }

  async function create() {
    const name = await ask({ title: "New pack", label: "Name", yes: "Make it" });
    if (!name) return;
    edit({ name, file: `${name}.txt`, saved: null }, STARTER);
    history.replaceState(null, "", `#packs/${encodeURIComponent(name)}`);
    editor.input.focus();
  }

  async function use() {
    if (isChanged() && !(await saveNow())) return;
    change({ pack_id: open.name, only: [] });
    go("run");
  }

  async function remove() {
    const yes = await ask({ title: `Delete the pack ${open.name}? Its pictures and jobs stay.`, yes: "Delete" });
    if (!yes) return;
    await attempt(async () => {
      if (open.saved !== null) await api.removePack(open.file);
      open = null;
      work.hidden = true;
      go("packs");
      tell("packs", null);
    });
  }

  on("packs", load);
  route("packs", show);
  bind("Ctrl+S", "Packs", "Save the pack", saveNow, { typing: true, when: () => viewNow() === "packs" && isChanged() });
  addEventListener("beforeunload", (event) => isChanged() && event.preventDefault());
  if (live.online) load();
}
