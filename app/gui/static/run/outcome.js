// What the draft would make: how many jobs and images, what there is to say, the exact payloads.

import { ApiError, api } from "../api.js";
import { debounced, fill, h, setText } from "../dom.js";
import { current } from "../draft.js";
import { count, stageName } from "../format.js";

const DELAY_MS = 300;

/**
 * Return {element, ask(), startOver}: `onAnswer(preview)` and `onError(error)` are told of each
 * preview; only the newest answer counts.
 */
export function makeOutcome({ onAnswer, onError }) {
  const counts = h("p", { class: "outcome-count", role: "status" });
  const detail = h("p", { class: "quiet" });
  const notices = h("ul", { class: "notices" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const payloads = h("div", { class: "payloads" });
  const sent = h("details", { class: "more" }, h("summary", { text: "What will be sent" }), payloads);
  let newest = 0;

  async function ask() {
    const mine = ++newest;
    if (isEmpty(current())) return invite();
    try {
      const preview = await api.preview(current());
      if (mine === newest) show(preview);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === newest) refuse(error);
    }
  }

  function invite() {
    setText(counts, "No job yet");
    setText(detail, "Write a prompt, choose a pack, or drop a picture anywhere on this page.");
    problem.hidden = sent.hidden = true;
    fill(notices);
  }

  function show(preview) {
    setText(counts, `${count(preview.jobs, "job")} · ${count(preview.images, "image")}`);
    setText(detail, preview.jobs > 1 ? "Run Now takes the first job alone; Add to Queue takes all." : "");
    fill(notices, ...said(preview));
    fill(payloads, ...preview.payloads.map(payload));
    problem.hidden = true;
    sent.hidden = false;
    onAnswer(preview);
  }

  function refuse(error) {
    const shownElsewhere = onError(error);
    setText(counts, "No job yet");
    setText(detail, shownElsewhere ? "A setting needs another value." : "");
    setText(problem, error.sentence);
    problem.hidden = shownElsewhere;
    fill(notices);
    sent.hidden = true;
  }

  return { element: h("div", { class: "outcome" }, counts, detail, problem, notices, sent), ask: debounced(ask, DELAY_MS) };
}

const isEmpty = ({ prompt, pack_id: pack }) => !prompt.trim() && !pack;

const said = ({ notices = [], warnings = [], refusal }) => [
  refusal ? h("li", { class: "bad", text: refusal }) : null,
  ...[...notices, ...warnings].map((notice) => h("li", { text: sentence(notice) })),
];

const sentence = (notice) =>
  typeof notice === "string" ? notice : [notice.line ? `Line ${notice.line}: ` : "", notice.text].join("");

const payload = (one) =>
  h("details", {}, h("summary", {}, h("span", { text: `Job ${one.job} · ${stageName(one.stage)}` }), h("code", { text: one.path })),
    h("pre", { tabIndex: 0, text: JSON.stringify(one.payload, null, 2) }));
