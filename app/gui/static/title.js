// The window's title says how far the running job is, for those who look at another tab.

import { live, on } from "./live.js";
import { percent } from "./format.js";

export function startTitle() {
  const name = document.title;
  const show = () => {
    const [job] = live.queue?.running ?? [];
    const progress = job && (live.progress.get(job.id) ?? job.progress);
    document.title = job ? `${percent(progress?.job_fraction)} · ${name}` : name;
  };
  on("queue", show);
  on("progress", show);
}
