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

/** `onChange(rows, isNew)` is called when there are more rows, or others; `onError` where asking fails. */
export function makePages({ onChange, onError }) {
  let rows = [];
  let query = {};
  let cursor = null;
  let complete = false;
  let loading = null;
  let total = 0;

  const ask = (more) => api.history({ ...query, limit: FIRST, ...more });

  async function load(work) {
    try {
      await work();
    } catch (error) {
      onError(error);
      complete = true;
    } finally {
      loading = null;
    }
  }

  function take(answer) {
    cursor = answer.cursor ?? null;
    complete = cursor === null;
  }

  return {
    get rows() {
      return rows;
    },
    /** How many jobs there are, loaded or not. */
    get total() {
      return total;
    },
    get complete() {
      return complete;
    },
    /** Start anew with another query. */
    search(next) {
      query = next;
      const mine = (loading = load(async () => {
        const answer = await ask({ total: true });
        if (query !== next) return;
        rows = answer.jobs;
        total = answer.total;
        take(answer);
        onChange(rows, true);
      }));
      return mine;
    },
    /** Ask for the next page, if there is one and none is on its way. */
    more() {
      if (complete || loading) return;
      const asked = query;
      loading = load(async () => {
        const answer = await ask({ cursor, limit: FURTHER });
        if (query !== asked) return;
        rows = [...rows, ...answer.jobs];
        take(answer);
        onChange(rows, false);
      });
    },
    /** Bring the newest page up to date, and keep what is known behind it. */
    async renew() {
      const asked = query;
      const answer = await ask({}).catch(() => null);
      if (!answer || query !== asked) return;
      const end = rows.findIndex((row) => row.id === answer.jobs.at(-1)?.id);
      if (end < 0) take(answer);
      rows = end < 0 ? answer.jobs : [...answer.jobs, ...rows.slice(end + 1)];
      onChange(rows, false);
    },
    drop(ids) {
      rows = rows.filter((row) => !ids.includes(row.id));
      onChange(rows, false);
    },
  };
}
