// The icons, drawn on a grid of 24 with a stroke of 1.75.

const PATHS = {
  run: "M8 5.5v13l10.5-6.5z",
  add: "M12 5v14M5 12h14",
  pause: "M9 6v12M15 6v12",
  resume: "M8 5.5v13l10.5-6.5z",
  skip: "M6 6l8 6-8 6zM18 6v12",
  top: "M6 5h12M12 20V9M7.5 13.5L12 9l4.5 4.5",
  bottom: "M6 19h12M12 4v11M7.5 10.5L12 15l4.5-4.5",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  close: "M6 6l12 12M18 6L6 18",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  star: "M12 4.5l2.3 4.8 5.2.7-3.8 3.6.9 5.2-4.6-2.5-4.6 2.5.9-5.2-3.8-3.6 5.2-.7z",
  trash: "M5 7h14M10 7V5h4v2M7 7l.8 12h8.4L17 7",
  folder: "M4 7v11h16V9h-8.5L9.5 7z",
  search: "M10.5 5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM15 15l4.5 4.5",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  keys: "M4 7h16v10H4zM7.5 10.5h.01M11 10.5h.01M14.5 10.5h.01M8 13.8h8",
  grip: "M9 7h.01M9 12h.01M9 17h.01M15 7h.01M15 12h.01M15 17h.01",
  compare: "M12 4v16M5 7h4v10H5zM15 7h4v10h-4z",
  copy: "M9 9h10v10H9zM5 15V5h10",
  previous: "M14.5 6L8.5 12l6 6",
  next: "M9.5 6l6 6-6 6",
  swap: "M7 8h11l-3-3M17 16H6l3 3",
  queue: "M4 7h16M4 12h16M4 17h10",
  gallery: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  pack: "M5 8l7-4 7 4v8l-7 4-7-4zM5 8l7 4 7-4M12 12v8",
  save: "M5 5h11l3 3v11H5zM8 5v5h7V5M8 19v-5h8v5",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19h14",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
};
const NAMESPACE = "http://www.w3.org/2000/svg";

/** Make an SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Return an icon; it is decoration, so its button needs a label. */
export function icon(name) {
  const drawn = svg("path", { d: PATHS[name] });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, drawn);
}
