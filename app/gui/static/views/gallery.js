// Gallery: the history as pictures. Search, filter, look, compare, run again.

import { api } from "../api.js";
import { byId, debounced, h, setText } from "../dom.js";
import { replace } from "../draft.js";
import { count } from "../format.js";
import { compare } from "../gallery/compare.js";
import { makeGrid } from "../gallery/grid.js";
import { itemsOf, makePages } from "../gallery/pages.js";
import { makeViewer } from "../gallery/viewer.js";
import { icon } from "../icons.js";
import { bind, describe } from "../keys.js";
import { on } from "../live.js";
import { makeSelection } from "../queue/selection.js";
import { go, route, viewNow } from "../router.js";
import { attempt, toast, toastError } from "../toast.js";

const SEARCH_DELAY_MS = 250;
const FILTERS = [["", "Pictures"], ["favourite", "Favourites"], ["failed", "Failed"], ["interrupted", "Interrupted"], ["cancelled", "Cancelled"], ["all", "Everything"]];
const HEIGHTS = [["140", "Small"], ["220", "Medium"], ["340", "Large"]];
const HEIGHT_KEY = "gallery-height";

export function startGallery(root) {
  let items = [];
  let wanted = null; // the job whose picture the address asks for
  const selection = makeSelection(() => items.map((item) => item.key), () => (grid.refresh(), showBar()));

  const search = h("input", { type: "search", id: "search", placeholder: "Search prompts, packs, seeds…  /", ariaLabel: "Search the history", spellcheck: false, autocomplete: "off" });
  const filter = h("select", { id: "filter", ariaLabel: "Which jobs" }, FILTERS.map(([value, text]) => h("option", { value, text })));
  const size = h("select", { id: "size", ariaLabel: "Size of the pictures" }, HEIGHTS.map(([value, text]) => h("option", { value, text })));
  const total = h("span", { class: "quiet", role: "status", id: "gallery-count" });
  const bar = h("div", { class: "chosen-bar", hidden: true });
  const empty = h("p", { class: "empty", hidden: true });

  const pages = makePages({ onChange: changed, onError: toastError });
  const grid = makeGrid({
    onOpen: (item) => viewer.open(item),
    onChoose: (item, event) => selection.choose(item.key, !selection.has(item.key), event.shiftKey),
    isChoosing: () => selection.size > 0,
    isChosen: (item) => selection.has(item.key),
    onNearEnd: () => pages.more(),
  });
  const neighbour = (item, step) => items[items.findIndex((one) => one.key === item.key) + step] ?? null;
  const actions = actionsOf({ toggleFavourite, remove, pick: pickToCompare });
  const viewer = makeViewer({
    neighbour,
    actions,
    onShow(item) {
      history.replaceState(null, "", item ? `#gallery/${item.job.id}` : "#gallery");
      if (item) grid.show(item.key);
      else grid.focus();
    },
  });

  function changed(rows, isNew) {
    items = rows.flatMap(itemsOf).filter((item) => item.image || filter.value !== "");
    if (filter.value === "favourite") items = items.filter((item) => item.image?.favourite || item.job.favourite);
    grid.setItems(items, { keep: !isNew });
    showCount();
    showWanted();
    if (!items.length && !pages.complete) pages.more();
  }

  function showCount() {
    setText(total, pages.complete ? count(items.length, "picture") : count(pages.total, "job"));
    empty.hidden = items.length > 0 || !pages.complete;
    setText(empty, search.value || filter.value ? "Nothing here matches. Clear the search with Escape." : "No pictures yet. Go to Run, write a prompt and press Ctrl+Enter.");
  }

  async function showWanted() {
    if (!wanted || viewer.isOpen) return;
    const id = wanted;
    wanted = null;
    const item = items.find((one) => one.job.id === id) ?? itemsOf(await api.record(id).catch(() => ({ images: [] })))[0];
    if (item.job.id) viewer.open(item);
  }

  function ask() {
    const query = { query: search.value.trim() };
    if (filter.value === "favourite") query.favourite = true;
    else if (filter.value && filter.value !== "all") query.status = filter.value;
    return pages.search(query);
  }

  function showBar() {
    bar.hidden = selection.size === 0;
    if (selection.size) bar.replaceChildren(...barOf());
  }

  const chosen = () => items.filter((item) => selection.has(item.key));
  const button = (name, text, run, disabled = false) => h("button", { type: "button", class: "small", data: { act: name }, disabled, on: { click: run } }, icon(name), text);
  const barOf = () => [
    h("strong", { text: `${count(selection.size, "picture")} chosen` }),
    button("compare", "Compare", compareChosen, selection.size !== 2),
    button("again", "Run again", () => Promise.all(jobsOf(chosen()).map((job) => runAgain(job, "same")))),
    button("trash", "Delete", () => remove(chosen())),
    button("close", "None", () => selection.set([])),
  ];

  function compareChosen() {
    const [left, right] = chosen();
    if (right) compare(named(left), named(right));
  }

  /** Choose a picture; the second one opens the comparison. */
  function pickToCompare(item) {
    viewer.close();
    if (selection.size > 1) selection.set([]);
    selection.choose(item.key, true);
    if (selection.size === 2) compareChosen();
    else toast("Choose the other picture and press c.");
  }

  function toggleFavourite(item) {
    return attempt(async () => {
      await api.favourite(item.image.id, !item.image.favourite);
      item.image.favourite = !item.image.favourite;
      grid.refresh();
      viewer.mark();
    });
  }

  function remove(these) {
    return attempt(async () => {
      const jobs = jobsOf(these);
      const next = viewer.isOpen ? neighbour(these.at(-1), 1) : null;
      const { undo } = await api.remove(jobs.map((job) => job.id));
      pages.drop(jobs.map((job) => job.id));
      selection.set([]);
      if (viewer.isOpen) next ? viewer.open(next) : viewer.close();
      toast(`${count(jobs.length, "job")} with its pictures deleted.`, { action: { label: "Undo", run: () => attempt(() => api.restore(undo).then(pages.renew)) } });
    });
  }

  search.addEventListener("input", debounced(ask, SEARCH_DELAY_MS));
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.value) (event.preventDefault(), (search.value = ""), ask());
    if (event.key === "Enter" || event.key === "ArrowDown") (event.preventDefault(), grid.focus());
  });
  filter.addEventListener("change", ask);
  size.value = localStorage.getItem(HEIGHT_KEY) ?? (innerWidth < 600 ? "140" : "220");
  size.addEventListener("change", () => (localStorage.setItem(HEIGHT_KEY, size.value), grid.setTarget(Number(size.value))));
  grid.setTarget(Number(size.value));
  root.append(h("div", { class: "gallery-bar" }, h("span", { class: "search" }, icon("search"), search), filter, size, total), bar, empty, grid.element);

  on("history", (told) => (pages.rows.length || told ? pages.renew() : ask()));
  route("gallery", (job) => {
    wanted = job ?? null;
    grid.refresh();
    showWanted();
  });
  bindKeys({ actions, item: () => viewer.item ?? grid.current(), isViewer: () => viewer.isOpen, selection, search });
  ask();
}

const jobsOf = (items) => [...new Map(items.map((item) => [item.job.id, item.job])).values()];
const named = ({ image, job }) => ({ url: image.url, label: `${image.width}×${image.height} · seed ${image.seed} · ${job.prompt.slice(0, 60)}` });

const runAgain = (job, seed) =>
  attempt(async () => {
    await api.again(job.id, seed);
    toast(seed === "same" ? "Queued again with the same seed." : "Queued again with a new seed.");
  });

/** Take a job's prompts and settings into the form. */
const editInRun = (job) =>
  attempt(async () => {
    const { prompt, negative_prompt, config } = await api.record(job.id);
    replace({ prompt, negative_prompt, config });
    byId("viewer").close();
    go("run");
  });

/** What can be done with a picture: by a button of the viewer, or by its key. */
function actionsOf({ toggleFavourite, remove, pick }) {
  return [
    { icon: "again", label: "Same seed", key: "s", run: (item) => runAgain(item.job, "same") },
    { icon: "dice", label: "New seed", key: "r", run: (item) => runAgain(item.job, "new") },
    { icon: "edit", label: "Edit", key: "e", run: (item) => editInRun(item.job) },
    { icon: "star", label: "Favourite", key: "f", run: toggleFavourite },
    { icon: "compare", label: "Compare", key: "c", run: pick },
    { icon: "folder", label: "Open folder", key: "o", run: (item) => attempt(() => api.openFolder(item.job.id)) },
    { icon: "trash", label: "Delete", key: "Delete", run: (item) => remove([item]) },
  ];
}

function bindKeys({ actions, item, isViewer, selection, search }) {
  const here = () => viewNow() === "gallery" && !document.querySelector("dialog[open]:not(#viewer)");
  for (const action of actions) {
    bind(action.key, "Gallery", action.label, () => action.run(item()), { when: () => here() && item() });
  }
  describe("Arrows, Home, End", "Gallery", "Go through the pictures");
  describe("Enter", "Gallery", "Look at the picture");
  describe("Space or x", "Gallery", "Choose the picture");
  bind("Escape", "Gallery", "Choose none; close what is open", () => selection.set([]), { when: () => here() && !isViewer() && selection.size > 0 });
  bind("/", "Everywhere", "Search the history", () => {
    go("gallery");
    requestAnimationFrame(() => search.focus());
  }, { when: () => !document.querySelector("dialog[open]") });
}
