// The history, asked for page by page as the gallery is scrolled, and joined with what is new.

import { api } from "../api.js";

const FIRST = 100; // soon there
const FURTHER = 500; // few requests for twenty thousand
const PLAIN = 1.4; // the shape of a tile without a picture

/** Return the items of a job: the pictures of its last stage, or one tile without. */
export function itemsOf(job) {
  const last = job.images.at(-1)?.stage;
  const pictures = job.images.filter((image) => image.stage === last);
  if (!pictures.length) return [{ key: job.id, job, image: null, aspect: PLAIN }];
  return pictures.map((image) => ({ key: image.id, job, image, aspect: (image.width || 1) / (image.height || 1) }));
}

/**
 * The rows of one query at a time. `onChange(rows, isNew)` is called when there are more rows, or
 * others; `onError(error)` where asking fails.
 */
export class Pages {
  #query = {};
  #cursor = null;
  #loading = null; // the request on its way; an answer to any other comes too late
  #does;

  constructor({ onChange, onError }) {
    this.#does = { onChange, onError };
    this.rows = [];
    this.complete = false;
    /** How many jobs there are, loaded or not. */
    this.total = 0;
  }

  /** Start anew with another query. */
  search(query) {
    this.#query = query;
    return this.#load({ limit: FIRST, total: true }, (answer) => {
      this.total = answer.total;
      this.#take(answer, answer.jobs, true);
    });
  }

  /** Ask for the next page, if there is one and none is on its way. */
  more() {
    if (this.complete || this.#loading) return;
    this.#load({ limit: FURTHER, cursor: this.#cursor }, (answer) => this.#take(answer, [...this.rows, ...answer.jobs], false));
  }

  /** Bring the newest page up to date, and keep what is known behind it. */
  async renew() {
    const asked = this.#query;
    const answer = await api.history({ ...asked, limit: FIRST, total: true }).catch(() => null);
    if (!answer || asked !== this.#query) return;
    const end = this.rows.findIndex((row) => row.id === answer.jobs.at(-1)?.id);
    this.total = answer.total;
    if (end < 0) {
      this.#loading = null; // a page behind what was known does not follow this one
      this.#take(answer, answer.jobs, false);
    } else this.#change([...answer.jobs, ...this.rows.slice(end + 1)], false);
  }

  /** Forget rows that were deleted. */
  drop(ids) {
    this.#change(this.rows.filter((row) => !ids.includes(row.id)), false);
  }

  async #load(what, take) {
    const mine = (this.#loading = {});
    const answer = await api.history({ ...this.#query, ...what }).catch((error) => error);
    if (mine !== this.#loading) return;
    this.#loading = null;
    if (!(answer instanceof Error)) return take(answer);
    this.complete = true; // else it would be asked again at once
    this.#does.onError(answer);
  }

  #take({ cursor }, rows, isNew) {
    this.#cursor = cursor;
    this.complete = cursor === null;
    this.#change(rows, isNew);
  }

  #change(rows, isNew) {
    this.rows = rows;
    this.#does.onChange(rows, isNew);
  }
}
