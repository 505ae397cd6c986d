// How counts, times and names are written.

export const count = (number, one, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Seconds as people say them: "8 s", "2 min 5 s", "1 h 10 min". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** A moment: the time if it is today, else the day too. */
export function moment(text) {
  if (!text) return "";
  const then = new Date(text);
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === new Date().toDateString()) return time;
  return `${then.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

export const percent = (fraction) => `${Math.round((fraction ?? 0) * 100)} %`;

const STAGES = { txt2img: "Text to image", img2img: "Image to image", adetailer: "ADetailer", upscale: "Upscale" };
export const stageName = (stage) => STAGES[stage] ?? stage;

/** The first words of a prompt, on one line. */
export function brief(text, length = 120) {
  const line = (text ?? "").replace(/\s+/g, " ").trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line || "(no prompt)";
}
