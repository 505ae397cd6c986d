// The journal as this page knows it: rows by number, kept up to date by asking for changes.

import { pause } from "./dom.js";

const PAUSE_MS = 120; // between two answers, so that a flood of requests is drawn a few times a second
const RETRY_MS = 1000;
const ROWS_KEPT = 100_000;

export class Journal {
  constructor(onChange, onConnection) {
    this.rows = [];
    this.epoch = 0;
    this.changes = 0;
    this.first = 1;
    this.usedBytes = 0;
    this.onChange = onChange;
    this.onConnection = onConnection;
  }

  get last() {
    return this.rows.length ? this.rows[this.rows.length - 1].n : 0;
  }

  unanswered() {
    return this.rows.slice(-500).filter((row) => row.duration_s === null).map((row) => row.n);
  }

  async run() {
    for (;;) {
      try {
        const more = this.take(await this.ask());
        this.onConnection(true);
        await pause(more ? 0 : PAUSE_MS);
      } catch {
        this.onConnection(false);
        await pause(RETRY_MS);
      }
    }
  }

  async ask() {
    const query = new URLSearchParams({
      epoch: this.epoch, changes: this.changes, after: this.last, open: this.unanswered().join(","),
    });
    const answer = await fetch(`feed?${query}`);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  take(news) {
    const isFresh = news.epoch !== this.epoch;
    if (isFresh) this.rows = [];
    const known = this.last;
    this.update(news.rows.filter((row) => row.n <= known));
    const added = news.rows.filter((row) => row.n > known);
    this.rows.push(...added);
    this.forget(news.first_n);
    this.epoch = news.epoch;
    this.usedBytes = news.used_bytes;
    const more = added.length > 0 && this.last < news.last_n;
    this.changes = more ? 0 : news.changes; // 0 is no longer true, so the answer comes at once
    this.onChange(isFresh);
    return more;
  }

  update(rows) {
    if (!rows.length) return;
    const places = new Map(this.rows.map((row, index) => [row.n, index]));
    for (const row of rows) if (places.has(row.n)) this.rows[places.get(row.n)] = row;
  }

  forget(first) {
    const gone = this.rows.findIndex((row) => row.n >= first);
    if (gone > 0) this.rows.splice(0, gone);
    else if (gone < 0) this.rows.length = 0;
    if (this.rows.length > ROWS_KEPT) this.rows.splice(0, this.rows.length - ROWS_KEPT);
  }
}
