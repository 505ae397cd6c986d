// A picture dropped anywhere becomes a draft: the job that made it.

import { api } from "./api.js";
import { byId } from "./dom.js";
import { replace } from "./draft.js";
import { go } from "./router.js";
import { attempt, toast } from "./toast.js";

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Make the draft from a picture's parameters and show it. */
export function takePicture(file) {
  return attempt(async () => {
    const { draft, ignored } = await api.importPicture(file);
    replace(draft);
    go("run");
    toast(`The picture's job is in the form.${ignored.length ? ` Left out: ${ignored.join(", ")}.` : ""}`);
  });
}

export function startDrop() {
  const veil = byId("drop");
  let depth = 0; // dragenter and dragleave come for every element below the pointer
  const show = (change) => {
    depth = Math.max(0, depth + change);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => hasFiles(event) && show(1));
  addEventListener("dragleave", (event) => hasFiles(event) && show(-1));
  addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(-depth);
    const [file] = event.dataTransfer.files;
    if (file) takePicture(file);
  });
}
