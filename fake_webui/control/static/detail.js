// The chosen exchange: what was sent, what was made of it, the pictures in and out.

import { curlLine } from "./curl.js";
import { byId, bytes, call, copyButton, duration, element } from "./dom.js";
import { statusText, tone } from "./rows.js";

const THUMBNAIL_PX = 352; // twice what is shown, for fine screens

export class Detail {
  constructor() {
    this.box = byId("detail");
    this.empty();
  }

  empty(text = "Choose a request to see what was sent.") {
    this.n = null;
    this.box.replaceChildren(element("p", { className: "empty" }, text));
  }

  async show(n, epoch) {
    this.n = n;
    try {
      const entry = await call("GET", `entries/${n}`);
      if (this.n === n) this.box.replaceChildren(...parts(entry, epoch));
    } catch (error) {
      if (this.n === n) this.empty(error.message);
    }
  }
}

function parts(entry, epoch) {
  return [
    heading(entry), facts(entry), ...remarks(entry), ...pictures(entry, epoch), ...payload(entry), ...answer(entry),
    json("Headers", entry.headers, true), asCurl(entry),
  ].filter(Boolean);
}

function heading(entry) {
  const query = new URLSearchParams(entry.query).toString();
  return element("h2", { className: "mono" }, `${entry.method} ${entry.path}${query ? `?${query}` : ""}`);
}

function facts(entry) {
  const shown = [
    element("span", { className: tone(entry) }, `status ${statusText(entry)}`),
    duration(entry.duration_s), element("a", { href: `#${entry.n}`, title: "A link to this request" }, `#${entry.n}`), entry.time.slice(11, 23),
    `${bytes(entry.sent_bytes)} in`, `${bytes(entry.received_bytes)} out`,
    entry.mark ? `mark ${entry.mark}` : null,
  ];
  return element("div", { className: "facts" }, ...shown.filter(Boolean).map((one) => element("span", {}, one)));
}

function remarks(entry) {
  const made = [];
  if (entry.fault) made.push(remark(`A fault was applied: ${entry.fault}`, "bad"));
  if (!entry.matched) made.push(remark("The WebUI has no such address.", "bad"));
  if (entry.unknown_fields.length) {
    made.push(remark(`The API ignores what it does not know: ${entry.unknown_fields.join(", ")}`, "bad"));
  }
  return [...made, ...entry.findings.map((finding) => remark(finding, ""))];
}

const remark = (text, tone_) => element("p", { className: `note ${tone_}` }, text);

function pictures(entry, epoch) {
  const sides = ["sent", "received"].flatMap((direction) => {
    const found = entry.images.filter((image) => image.direction === direction);
    if (!found.length) return [];
    const title = direction === "sent" ? "Images in" : "Images out";
    const shown = found.map((image) => picture(entry.n, image, epoch));
    return [element("div", {}, element("h3", {}, title), element("div", { className: "images" }, ...shown))];
  });
  return sides.length ? [element("div", { className: "sides" }, ...sides)] : [];
}

function picture(n, image, epoch) {
  const address = `v1/requests/${n}/images/${image.index}`;
  const size = image.width ? `${image.width}×${image.height} ${image.format}` : "can't be decoded";
  return element(
    "figure",
    { title: image.parameters ?? "" },
    element(
      "a",
      { href: address, target: "_blank", rel: "noopener" },
      element("img", { src: `${address}?thumbnail=${THUMBNAIL_PX}&epoch=${epoch}`, alt: `${image.where}, ${size}`, loading: "lazy" }),
    ),
    element("figcaption", {}, element("div", {}, `${image.where} · ${size}`), element("div", { className: "mono" }, image.sha256.slice(0, 12))),
  );
}

function payload(entry) {
  if (entry.text) return [element("h3", {}, "Body, not JSON"), element("pre", { className: "json" }, entry.text)];
  const sent = entry.payload;
  if (sent === null) return [];
  if (typeof sent !== "object" || Array.isArray(sent)) return [json("Payload", sent, false)];
  const title = element("h3", {}, "Payload", copyButton(() => JSON.stringify(sent, null, 2)));
  const given = Object.entries(sent).map(([name, value]) => field(name, value, entry.unknown_fields.includes(name) ? "unknown" : ""));
  return [title, element("table", { className: "fields" }, element("tbody", {}, ...given)), ...defaults(entry)];
}

function field(name, value, kind) {
  const label = { unknown: element("span", { className: "badge bad" }, "unknown"), default: null }[kind] ?? null;
  return element(
    "tr",
    { className: kind },
    element("td", {}, element("code", {}, name), label),
    element("td", {}, element("pre", {}, brief(value))),
  );
}

function defaults(entry) {
  const left = Object.entries(entry.defaults);
  if (!left.length) return [];
  const rows = left.map(([name, value]) => field(name, value, "default"));
  const table = element("table", { className: "fields" }, element("tbody", {}, ...rows));
  const summary = element("summary", {}, `${left.length} fields left to their defaults`);
  return [element("h3"), element("details", { className: "defaults", open: true }, summary, table)];
}

function brief(value) {
  if (value && typeof value === "object" && "sha256" in value) {
    return `image ${value.width}×${value.height} ${value.format} ${value.sha256.slice(0, 12)}`;
  }
  if (Array.isArray(value) && value.some((one) => one && one.sha256)) return value.map(brief).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function answer(entry) {
  if (entry.answer_text) return [element("h3", {}, "Answer"), element("pre", { className: "json" }, entry.answer_text)];
  return entry.answer === null ? [] : [json("Answer", entry.answer, true)];
}

function json(title, value, folded) {
  if (value === undefined) return null;
  const text = element("pre", { className: "json" }, JSON.stringify(value, null, 2));
  const made = element("details", {}, element("summary", {}, title), text);
  made.open = !folded;
  return element("div", {}, element("h3"), made);
}

function asCurl(entry) {
  const line = element("pre", { className: "json", id: "curl" });
  const made = element("details", {}, element("summary", {}, "As curl"), copyButton(() => line.textContent), line);
  made.addEventListener("toggle", async () => {
    if (made.open && !line.textContent) line.textContent = await curlLine(entry);
  });
  return element("div", {}, element("h3"), made);
}
