// Packs: edit them, with the count of jobs and what there is to say while one writes.

import { ApiError, api } from "../api.js";
import { ask } from "../dialogs.js";
import { debounced, fill, h, setText } from "../dom.js";
import { change } from "../draft.js";
import { count } from "../format.js";
import { icon } from "../icons.js";
import { bind } from "../keys.js";
import { on, tell } from "../live.js";
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

export const startPacks = (root) => new Packs(root);

const tool = (name, label, run, more = {}) =>
  h("button", { type: "button", class: "small", data: { act: name }, on: { click: run }, ...more }, icon(name), label);

class Packs {
  #packs = [];
  #open = null; // the pack in the editor: {name, file, isSample, saved}
  #newest = 0; // the last check that was asked for
  #list = h("ul", { class: "pack-list", ariaLabel: "Packs" });
  #title = h("h2", { id: "pack-title" });
  #counted = h("p", { class: "outcome-count", role: "status", id: "pack-count" });
  #state = h("span", { class: "quiet", id: "pack-state" });
  #empty = h("p", { class: "empty" });
  #save = tool("save", "Save", () => this.#saveNow(), { title: "Ctrl+S", id: "pack-save" });
  #removal = tool("trash", "Delete", () => this.#remove());
  #check = debounced(() => this.#checkNow(), CHECK_DELAY_MS);
  #editor = makeEditor({ onInput: () => (this.#showState(), this.#check()) });
  #work = h("div", { class: "pack-work", hidden: true },
    h("div", { class: "panel-head" }, this.#title, this.#state, h("span", { class: "chosen-buttons" }, this.#save, tool("run", "Use in Run", () => this.#use()), this.#removal)),
    this.#counted, h("div", { class: "editor-frame" }, this.#editor.element));

  constructor(root) {
    root.append(
      h("nav", { class: "panel pack-side", ariaLabel: "Packs" }, h("div", { class: "panel-head" }, h("h2", { text: "Packs" }), tool("add", "New", () => this.#create(), { id: "pack-new" })), this.#list),
      h("div", { class: "panel pack-main" }, this.#empty, this.#work));
    on("packs", () => this.#load());
    route("packs", (name) => this.#show(name));
    bind("Ctrl+S", "Packs", "Save the pack", () => this.#saveNow(), { typing: true, when: () => viewNow() === "packs" && this.#isChanged() });
    addEventListener("beforeunload", (event) => this.#isChanged() && event.preventDefault());
  }

  async #load() {
    const answer = await api.packs().catch(() => null); // asked again when the app is back
    if (!answer) return;
    this.#packs = [...answer.packs.map((name) => ({ name })), ...answer.samples.map((name) => ({ name, isSample: true }))];
    this.#showList();
  }

  #showList() {
    fill(this.#list, ...this.#packs.map((pack) => this.#entry(pack)));
    this.#empty.hidden = Boolean(this.#open);
    setText(this.#empty, this.#packs.length ? "Choose a pack, or make a new one." : "There is no pack yet. A pack is a file of prompts; New makes one to begin with.");
  }

  #entry({ name, isSample }) {
    const isOpen = this.#open?.name === name;
    return h("li", {}, h("a", { href: addressOf(name), "aria-current": isOpen ? "true" : null },
      h("span", { text: name.replace(/^samples\//, "") }), isSample ? h("span", { class: "tag", text: "sample" }) : null));
  }

  async #show(name) {
    if (!name || (name === this.#open?.name && this.#isChanged())) return;
    if (this.#isChanged() && !(await ask({ title: `Leave ${this.#open.name} without saving it?`, yes: "Leave it" }))) {
      go("packs", this.#open.name);
      return;
    }
    await attempt(async () => {
      const { text, file, is_sample: isSample } = await api.pack(name);
      this.#edit({ name, file, isSample, saved: text }, text);
    });
  }

  #edit(pack, text) {
    this.#open = pack;
    this.#work.hidden = false;
    setText(this.#title, pack.name);
    this.#editor.showNotices([]);
    this.#editor.setText(text);
    this.#showState();
    this.#showList();
    this.#check();
  }

  #isChanged() {
    return this.#open !== null && this.#editor.value !== this.#open.saved;
  }

  #showState() {
    const { isSample } = this.#open;
    setText(this.#state, this.#isChanged() ? "not saved" : isSample ? "a sample; saving makes a pack of your own" : "");
    this.#save.disabled = !this.#isChanged() && !isSample;
    this.#removal.disabled = Boolean(isSample);
  }

  async #checkNow() {
    const mine = ++this.#newest;
    const found = await this.#found(this.#open);
    if (mine === this.#newest) this.#tell(found);
  }

  /** A sample as it is has settings in a file beside it; the text alone is what saving makes. */
  async #found(pack) {
    try {
      return await (pack.isSample && !this.#isChanged() ? api.preview({ pack_id: pack.name }) : api.checkPack(pack.file, this.#editor.value));
    } catch (error) {
      if (error instanceof ApiError) return { notices: [], error: { line: null, text: error.message } };
      throw error;
    }
  }

  #tell({ jobs, prompts, notices, error }) {
    setText(this.#counted, error ? "No jobs" : `${count(jobs, "job")} from ${count(prompts, "prompt")}`);
    this.#editor.showNotices(error ? [{ ...error, isError: true }, ...notices] : notices);
  }

  #saveNow() {
    return attempt(async () => {
      const text = this.#editor.value;
      const { name, file } = await api.savePack(this.#open.file, text);
      this.#open = { name, file, saved: text };
      history.replaceState(null, "", addressOf(name));
      setText(this.#title, name);
      this.#showState();
      toast(`Saved ${name}.`);
      tell("packs", null);
    });
  }

  async #create() {
    const name = await ask({ title: "New pack", label: "Name", yes: "Make it" });
    if (!name) return;
    this.#edit({ name, file: `${name}.txt`, saved: null }, STARTER);
    history.replaceState(null, "", addressOf(name));
    this.#editor.input.focus();
  }

  async #use() {
    if (this.#isChanged() && !(await this.#saveNow())) return;
    change({ pack_id: this.#open.name, only: [] });
    go("run");
  }

  async #remove() {
    if (!(await ask({ title: `Delete the pack ${this.#open.name}? Its pictures and jobs stay.`, yes: "Delete" }))) return;
    await attempt(async () => {
      if (this.#open.saved !== null) await api.removePack(this.#open.file);
      this.#open = null;
      this.#work.hidden = true;
      go("packs");
      tell("packs", null);
    });
  }
}

const addressOf = (name) => `#packs/${encodeURIComponent(name)}`;
