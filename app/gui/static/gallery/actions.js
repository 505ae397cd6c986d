// What can be done with one picture or job, wherever it is shown.

import { api } from "../api.js";
import { byId } from "../dom.js";
import { replace } from "../draft.js";
import { go } from "../router.js";
import { attempt, toast } from "../toast.js";
import { compare } from "./compare.js";

/** Return the jobs of items, each once. */
export const jobsOf = (items) => [...new Map(items.map((item) => [item.job.id, item.job])).values()];

export const runAgain = (job, seed) =>
  attempt(async () => {
    await api.again(job.id, seed);
    toast(seed === "same" ? "Queued again with the same seed." : "Queued again with a new seed.");
  });

/** Take a job's prompts and settings into the form. */
export const editInRun = (job) =>
  attempt(async () => {
    const { draft } = await api.record(job.id);
    replace(draft);
    byId("viewer").close();
    go("run");
  });

export const openFolder = (job) => attempt(() => api.openFolder(job.id));

export const compareItems = (left, right) => compare(named(left), named(right));

const named = ({ image, job }) => ({ url: image.url, label: `${image.width}×${image.height} · seed ${image.seed} · ${job.prompt.slice(0, 60)}` });
