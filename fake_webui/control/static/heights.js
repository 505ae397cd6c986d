// Where each row of the list stands. A row is as high as its path and notes need, so that nothing
// of them is cut off; the type is monospaced, so lines can be counted without drawing them.

const MOST_LINES = 8; // of a path or of notes; the rest is in the detail
const WIDE = /[^\x20-\x7e]/g;

export class Heights {
  constructor() {
    this.tops = new Float64Array(1);
    this.count = 0;
    this.metrics = { characters: 40, firstPx: 32, linePx: 20 };
  }

  measure(probe) {
    const what = probe.querySelector(".what");
    const path = what.querySelector(".path");
    const characterPx = path.getBoundingClientRect().width / path.textContent.length;
    this.metrics = {
      characters: Math.max(1, Math.floor(what.clientWidth / characterPx)),
      firstPx: probe.offsetHeight,
      linePx: parseFloat(getComputedStyle(what).lineHeight),
    };
  }

  place(rows, textsOf) {
    if (this.tops.length <= rows.length) this.tops = new Float64Array(2 * rows.length + 1);
    rows.forEach((row, index) => { this.tops[index + 1] = this.tops[index] + this.height(textsOf(row)); });
    this.count = rows.length;
  }

  height(texts) {
    const { characters, firstPx, linePx } = this.metrics;
    const lines = texts.reduce((sum, text) => sum + linesOf(text, characters), 0);
    return firstPx + (lines - 1) * linePx;
  }

  get total() {
    return this.tops[this.count];
  }

  indexAt(px) {
    let [low, high] = [0, Math.max(0, this.count - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= px) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function linesOf(text, characters) {
  if (!text) return 0;
  const width = text.length + (text.match(WIDE)?.length ?? 0);
  return Math.min(MOST_LINES, Math.ceil(width / characters));
}
