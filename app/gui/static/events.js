// The stream of events. The browser reconnects and says what it saw last; where a stream is refused
// the browser gives up, so a new one is opened, and everything is asked for again.

import { EVENTS } from "./api.js";

export const KINDS = ["queue", "progress", "job", "history", "connection", "settings"];
const RETRY_MS = 1500;

/** Listen for ever: `onEvent(kind, data)`, `onOpen()` at each (re)connection, `onLost()` at each end. */
export function listen({ onEvent, onOpen, onLost }) {
  const source = new EventSource(EVENTS);
  source.addEventListener("open", onOpen);
  for (const kind of KINDS) source.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data || "null")));
  source.addEventListener("error", () => {
    onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen({ onEvent, onOpen, onLost }), RETRY_MS);
  });
}
