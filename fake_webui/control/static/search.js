// Which requests carry the words that are looked for; the server looks, some at a time.

import { call } from "./dom.js";

export class Search {
  constructor(onFound) {
    this.text = "";
    this.epoch = 0;
    this.last = this.through = 0;
    this.found = new Set();
    this.isLooking = false;
    this.onFound = onFound;
  }

  get isDone() {
    return !this.text || this.through >= this.last;
  }

  ask(text, epoch, last) {
    if (text !== this.text || epoch !== this.epoch) {
      Object.assign(this, { text, epoch, through: 0, found: new Set() });
    }
    this.last = last;
    if (!this.isLooking && !this.isDone) this.look();
  }

  async look() {
    this.isLooking = true;
    try {
      while (!this.isDone) await this.lookOn();
    } catch {
      // The server is away or was reset; the next news from the journal asks again.
    } finally {
      this.isLooking = false;
    }
  }

  async lookOn() {
    const { text, epoch } = this;
    const answer = await call("GET", `search?${new URLSearchParams({ text, after: this.through })}`);
    if (text !== this.text || epoch !== this.epoch) return;
    if (answer.epoch !== epoch) throw new Error("the journal was reset");
    for (const n of answer.found) this.found.add(n);
    this.through = answer.through;
    this.onFound();
  }
}
