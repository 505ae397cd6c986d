// The page as a whole: journal → filter and search → list → detail, and the buttons.

import { BASE_URL, byId, bytes, call, copyButton } from "./dom.js";
import { Detail } from "./detail.js";
import { Faults } from "./faults.js";
import { Journal } from "./journal.js";
import { RowList, hasProblem } from "./rows.js";
import { Running } from "./running.js";
import { Search } from "./search.js";
import { Settings } from "./settings.js";
import { quoted } from "./curl.js";

const detail = new Detail();
const faults = new Faults();
const running = new Running();
const search = new Search(draw);
const list = new RowList(choose);
const journal = new Journal(onJournal, onConnection);
let shownStatus = "";
let linked = linkedNumber(); // what the address asks for, until it is shown

function onJournal(isFresh) {
  if (isFresh || (detail.n !== null && !(detail.n >= journal.rows[0]?.n))) forget();
  if (linked !== null) follow(linked);
  linked = null;
  draw();
  refreshDetail();
  faults.refresh();
  running.refresh();
}

function forget() {
  list.mark(null);
  detail.empty();
  back();
  if (linked === null) history.replaceState(null, "", location.pathname);
}

function follow(n) {
  byId("follow").checked = false;
  list.mark(n);
  list.isToBeShown = true;
  open(n, true);
}

function choose(n, isOpened) {
  history.replaceState(null, "", `#${n}`);
  open(n, isOpened);
}

async function open(n, isOpened) {
  await detail.show(n, journal.epoch);
  if (!isOpened) return;
  document.body.classList.add("reading"); // where there is room for one column
  byId("detail").focus({ preventScroll: true });
  byId("detail").scrollTop = 0;
}

function back() {
  if (!document.body.classList.contains("reading")) return;
  document.body.classList.remove("reading");
  byId("rows").focus({ preventScroll: true });
}

function linkedNumber() {
  const found = /^#(\d{1,15})$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

function refreshDetail() {
  const row = journal.rows.find((one) => one.n === detail.n);
  const status = row ? `${row.n} ${row.duration_s}` : "";
  if (row && status !== shownStatus) detail.show(row.n, journal.epoch);
  shownStatus = status;
}

function draw() {
  const text = byId("filter").value.trim().toLowerCase();
  search.ask(text, journal.epoch, journal.last);
  const rows = visible(text.split(/\s+/).filter(Boolean));
  list.show(rows, byId("follow").checked);
  const shown = rows.length === journal.rows.length ? "" : `${rows.length} of `;
  const more = search.isDone ? "" : ", searching";
  byId("counts").textContent = `${shown}${journal.rows.length} requests, ${bytes(journal.usedBytes)}${more}`;
  byId("nothing-sent").hidden = journal.rows.length > 0;
  byId("nothing-found").hidden = !journal.rows.length || rows.length > 0;
}

function visible(words) {
  const problems = byId("problems").checked;
  if (!words.length && !problems) return journal.rows;
  const isMeant = (row) => search.found.has(row.n) || words.every((word) => searched(row).includes(word));
  return journal.rows.filter((row) => (!problems || hasProblem(row)) && isMeant(row));
}

const searched = (row) => `${row.method} ${row.path} ${row.status} ${row.fault ?? ""} ${row.mark ?? ""}`.toLowerCase();

function onConnection(isUp) {
  const live = byId("live");
  live.textContent = isUp ? "live" : "no server";
  live.classList.toggle("on", isUp);
}

async function introduce() {
  const health = await call("GET", "v1/health");
  byId("server").textContent = `${health.version} as ${health.emulates} ${health.emulated_version}`;
  showScope(health.scopes);
}

function showScope(count) {
  const scope = /\/__fake\/scope\/([^/]+)/.exec(location.pathname)?.[1];
  if (scope) {
    byId("scope").textContent = `scope ${scope}`;
    document.title = `${scope}: ${document.title}`;
  } else if (count) {
    byId("scope").textContent = `outside of its ${count} scope${count > 1 ? "s" : ""}`;
  }
}

function introduceEmptyList() {
  const line = `curl -X POST ${BASE_URL}/sdapi/v1/txt2img -H ${quoted("Content-Type: application/json")} -d ${quoted('{"prompt": "a cat", "steps": 5}')}`;
  byId("base-url").textContent = BASE_URL;
  byId("base-url").after(copyButton(() => BASE_URL));
  byId("first-line").textContent = line;
  byId("first-line").after(copyButton(() => line));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("ask").open) return;
  if (event.key === "/" && !event.target.matches("input:not([type=checkbox]), select")) {
    event.preventDefault();
    byId("filter").select();
  } else if (event.key === "Escape") {
    if (event.target === byId("filter")) clearFilter();
    back();
    byId("rows").focus({ preventScroll: true });
  }
}

function clearFilter() {
  byId("filter").value = "";
  draw();
}

byId("filter").addEventListener("input", draw);
byId("problems").addEventListener("change", draw);
byId("follow").addEventListener("change", draw);
byId("rows").addEventListener("wheel", (event) => { if (event.deltaY < 0) byId("follow").checked = false; }, { passive: true });
byId("rows").addEventListener("keydown", (event) => { if (["Home", "ArrowUp", "PageUp"].includes(event.key)) byId("follow").checked = false; });
byId("back").addEventListener("click", back);
byId("clear").addEventListener("click", () => call("DELETE", "v1/requests"));
byId("reset").addEventListener("click", () => byId("ask").showModal());
byId("ask").addEventListener("close", () => { if (byId("ask").returnValue === "reset") call("POST", "v1/reset"); });
window.addEventListener("hashchange", () => { if (linkedNumber() !== null) { follow(linkedNumber()); draw(); } });
document.addEventListener("keydown", onKey);
new Settings();
introduce();
introduceEmptyList();
faults.refresh();
running.run();
journal.run();
