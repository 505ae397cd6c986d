// Gallery: the history as pictures. Search, filter, look, compare, run again.

import { api } from "../api.js";
import { h, setText } from "../dom.js";
import { count } from "../format.js";
import { compareItems, editInRun, jobsOf, openFolder, runAgain } from "../gallery/actions.js";
import { makeBar } from "../gallery/bar.js";
import { makeChosenBar } from "../gallery/chosen.js";
import { Grid } from "../gallery/grid.js";
import { Pages, itemsOf } from "../gallery/pages.js";
import { Viewer } from "../gallery/viewer.js";
import { bind, describe } from "../keys.js";
import { on } from "../live.js";
import { makeSelection } from "../queue/selection.js";
import { go, route, viewNow } from "../router.js";
import { attempt, toast, toastError } from "../toast.js";

export const startGallery = (root) => new Gallery(root);

class Gallery {
  #items = [];
  #wanted = null; // the job whose picture the address asks for
  #empty = h("p", { class: "empty", hidden: true });
  #bar = makeBar({ onAsk: () => this.#ask(), onHeight: () => this.#grid.setTarget(this.#bar.height()), onLeave: () => this.#grid.focus() });
  #pages = new Pages({ onChange: (rows, isNew) => this.#changed(rows, isNew), onError: toastError });
  #selection = makeSelection(() => this.#items.map((item) => item.key), () => this.#choiceChanged());
  #chosenBar = makeChosenBar({
    compare: () => compareItems(...this.#chosen()),
    again: () => jobsOf(this.#chosen()).forEach((job) => runAgain(job, "same")),
    remove: () => this.#remove(this.#chosen()),
    none: () => this.#selection.set([]),
  });
  #grid = new Grid({
    onOpen: (item) => this.#viewer.open(item),
    onChoose: (item, event) => this.#selection.choose(item.key, !this.#selection.has(item.key), event.shiftKey),
    isChoosing: () => this.#selection.size > 0,
    isChosen: (item) => this.#selection.has(item.key),
    onNearEnd: () => this.#pages.more(),
  });
  #actions = [
    { icon: "again", label: "Same seed", key: "s", run: (item) => runAgain(item.job, "same") },
    { icon: "dice", label: "New seed", key: "r", run: (item) => runAgain(item.job, "new") },
    { icon: "edit", label: "Edit", key: "e", run: (item) => editInRun(item.job) },
    { icon: "star", label: "Favourite", key: "f", run: (item) => this.#toggleFavourite(item) },
    { icon: "compare", label: "Compare", key: "c", run: (item) => this.#pick(item) },
    { icon: "folder", label: "Open folder", key: "o", run: (item) => openFolder(item.job) },
    { icon: "trash", label: "Delete", key: "Delete", run: (item) => this.#remove([item]) },
  ];
  #viewer = new Viewer({
    actions: this.#actions,
    neighbour: (item, step) => this.#neighbour(item, step),
    onShow: (item) => this.#showedInViewer(item),
  });

  constructor(root) {
    root.append(this.#bar.element, this.#chosenBar.element, this.#empty, this.#grid.element);
    this.#grid.setTarget(this.#bar.height());
    on("history", (told) => (this.#pages.rows.length || told ? this.#pages.renew() : this.#ask()));
    route("gallery", (job) => this.#shown(job ?? null));
    this.#bindKeys();
    this.#ask();
  }

  #ask() {
    return this.#pages.search(this.#bar.query());
  }

  #shown(job) {
    this.#wanted = job;
    this.#grid.refresh();
    this.#openWanted();
  }

  #changed(rows, isNew) {
    const isShown = { "": (item) => item.image, favourite: (item) => item.image?.favourite || item.job.favourite }[this.#bar.filter()];
    this.#items = rows.flatMap(itemsOf).filter(isShown ?? (() => true));
    this.#grid.setItems(this.#items, { keep: !isNew });
    this.#showCount();
    this.#openWanted();
    if (!this.#items.length) this.#pages.more();
  }

  #showCount() {
    const { complete, total } = this.#pages;
    this.#bar.setCount(complete ? count(this.#items.length, "picture") : count(total, "job"));
    this.#empty.hidden = this.#items.length > 0 || !complete;
    setText(this.#empty, this.#bar.isNarrowed() ? "Nothing here matches. Clear the search with Escape." : "No pictures yet. Go to Run, write a prompt and press Ctrl+Enter.");
  }

  async #openWanted() {
    const id = this.#wanted;
    if (!id || this.#viewer.isOpen) return;
    this.#wanted = null;
    const known = this.#items.find((one) => one.job.id === id);
    const found = known ? null : await api.record(id).catch(() => null);
    if (known || found) this.#viewer.open(known ?? itemsOf(found)[0]);
  }

  #neighbour(item, step) {
    return this.#items[this.#items.findIndex((one) => one.key === item.key) + step] ?? null;
  }

  #showedInViewer(item) {
    history.replaceState(null, "", item ? `#gallery/${item.job.id}` : "#gallery");
    if (item) this.#grid.show(item.key);
    else this.#grid.focus();
  }

  #chosen() {
    return this.#items.filter((item) => this.#selection.has(item.key));
  }

  #choiceChanged() {
    this.#grid.refresh();
    this.#chosenBar.show(this.#selection.size);
  }

  /** Choose a picture; the second one opens the comparison. */
  #pick(item) {
    this.#viewer.close();
    if (this.#selection.size > 1) this.#selection.set([]);
    this.#selection.choose(item.key, true);
    if (this.#selection.size === 2) compareItems(...this.#chosen());
    else toast("Choose the other picture and press c.");
  }

  #toggleFavourite(item) {
    return attempt(async () => {
      await api.favourite(item.image.id, !item.image.favourite);
      item.image.favourite = !item.image.favourite;
      this.#grid.refresh();
      this.#viewer.mark();
    });
  }

  #remove(items) {
    return attempt(async () => {
      const ids = jobsOf(items).map((job) => job.id);
      const next = this.#viewer.isOpen ? this.#neighbour(items.at(-1), 1) : null;
      const { undo } = await api.remove(ids);
      this.#pages.drop(ids);
      this.#selection.set([]);
      if (next) this.#viewer.open(next);
      else this.#viewer.close();
      toast(`${count(ids.length, "job")} deleted, with all pictures.`, { action: { label: "Undo", run: () => this.#restore(undo) } });
    });
  }

  #restore(undo) {
    return attempt(async () => {
      await api.restore(undo);
      await this.#pages.renew();
    });
  }

  #bindKeys() {
    const isHere = () => viewNow() === "gallery" && !document.querySelector("dialog[open]:not(#viewer)");
    const item = () => this.#viewer.item ?? this.#grid.current;
    for (const { key, label, run } of this.#actions) bind(key, "Gallery", label, () => run(item()), { when: () => isHere() && item() });
    describe("Arrows, Home, End", "Gallery", "Go through the pictures");
    describe("Enter", "Gallery", "Look at the picture");
    describe("Space or x", "Gallery", "Choose the picture");
    const isChoosing = () => isHere() && !this.#viewer.isOpen && this.#selection.size > 0;
    bind("Escape", "Gallery", "Choose none; close what is open", () => this.#selection.set([]), { when: isChoosing });
    bind("/", "Everywhere", "Search the history", () => this.#goSearch(), { when: () => !document.querySelector("dialog[open]") });
  }

  #goSearch() {
    go("gallery");
    requestAnimationFrame(() => this.#bar.focus());
  }
}
