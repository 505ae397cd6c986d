// A request as a command line that sends it again.

import { BASE_URL } from "./dom.js";

const MOST_BYTES = 8192; // of a body that stands in the command line itself
const OWN = ["accept", "content-type", "range"]; // the headers that make a difference; no secret is kept

export async function curlLine(entry) {
  const address = BASE_URL + sentPath(entry);
  const parts = ["curl", ...(entry.method === "GET" ? [] : ["-X", entry.method]), quoted(address), ...headers(entry)];
  if (!entry.sent_bytes) return parts.join(" ");
  const body = `${BASE_URL}/__fake/entries/${entry.n}/body`;
  const text = isShort(entry) ? await (await fetch(`entries/${entry.n}/body`)).text() : null;
  if (text !== null) return [...parts, "--data-raw", quoted(text)].join(" ");
  return `curl -s ${quoted(body)} | ${[...parts, "--data-binary", "@-"].join(" ")}`;
}

function sentPath(entry) {
  const path = entry.path.split("/").map(encodeURIComponent).join("/");
  const pairs = Object.entries(entry.query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

const isShort = (entry) => entry.sent_bytes <= MOST_BYTES && entry.payload !== null;

function headers(entry) {
  const sent = Object.entries(entry.headers).filter(([name, value]) => OWN.includes(name.toLowerCase()) && value !== "*/*");
  return sent.flatMap(([name, value]) => ["-H", quoted(`${name}: ${value}`)]);
}

export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
