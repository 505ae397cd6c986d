// The page as a whole: journal → filter → list → detail, and the buttons.

import { byId, bytes, call } from "./dom.js";
import { Detail } from "./detail.js";
import { Faults } from "./faults.js";
import { Journal } from "./journal.js";
import { RowList, hasProblem } from "./rows.js";

const detail = new Detail();
const faults = new Faults();
const list = new RowList((n) => detail.show(n, journal.epoch));
const journal = new Journal(onJournal, onConnection);
let shownStatus = "";

function onJournal(isFresh) {
  if (isFresh || (detail.n !== null && !(detail.n >= journal.rows[0]?.n))) {
    list.chosen = null;
    detail.empty("Choose a request to see what was sent.");
  }
  draw();
  refreshDetail();
  faults.refresh();
}

function refreshDetail() {
  const row = journal.rows.find((one) => one.n === detail.n);
  const status = row ? `${row.n} ${row.duration_s}` : "";
  if (row && status !== shownStatus) detail.show(row.n, journal.epoch);
  shownStatus = status;
}

function draw() {
  const rows = visible();
  list.show(rows, byId("follow").checked);
  const shown = rows.length === journal.rows.length ? "" : `${rows.length} of `;
  byId("counts").textContent = `${shown}${journal.rows.length} requests, ${bytes(journal.usedBytes)}`;
}

function visible() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const problems = byId("problems").checked;
  if (!words.length && !problems) return journal.rows;
  return journal.rows.filter((row) => (!problems || hasProblem(row)) && words.every((word) => searched(row).includes(word)));
}

const searched = (row) => `${row.method} ${row.path} ${row.status} ${row.fault ?? ""} ${row.mark ?? ""}`.toLowerCase();

function onConnection(isUp) {
  const live = byId("live");
  live.textContent = isUp ? "live" : "no server";
  live.classList.toggle("on", isUp);
}

async function introduce() {
  const health = await call("GET", "v1/health");
  byId("server").textContent = `${location.host} · ${health.version} as ${health.emulates} ${health.emulated_version}`;
}

byId("filter").addEventListener("input", draw);
byId("problems").addEventListener("change", draw);
byId("follow").addEventListener("change", draw);
byId("rows").addEventListener("wheel", (event) => { if (event.deltaY < 0) byId("follow").checked = false; }, { passive: true });
byId("clear").addEventListener("click", () => call("DELETE", "v1/requests"));
byId("reset").addEventListener("click", () => call("POST", "v1/reset"));
introduce();
faults.refresh();
journal.run();

const scope = /\/__fake\/scope\/([^/]+)/.exec(location.pathname);
if (scope) {
  byId("scope").textContent = `scope ${scope[1]}`;
  document.title = `${scope[1]}: ${document.title}`;
}
