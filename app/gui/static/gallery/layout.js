// Where each picture of the gallery goes: rows of one height that fill the width, shapes kept.
//
// Pure arithmetic over all pictures; only those in sight become elements.

export const GAP = 6;

/**
 * Return {boxes, rows, height}: a box {left, top, width, height, row} for each item, and of each row
 * {top, first, end}, all in pixels. Items have `aspect`, width by height.
 */
export function justify(items, width, target) {
  const boxes = [];
  const rows = [];
  let top = 0;
  let first = 0;
  let aspects = 0;
  const close = (end, height, isFull = true) => {
    let left = 0;
    for (let index = first; index < end; index += 1) {
      const isLast = isFull && index === end - 1;
      const wide = isLast ? width - left : Math.round(items[index].aspect * height);
      boxes.push({ left, top, width: wide, height, row: rows.length });
      left += wide + GAP;
    }
    rows.push({ top, first, end });
    top += height + GAP;
    first = end;
    aspects = 0;
  };
  items.forEach((item, index) => {
    aspects += item.aspect;
    const room = width - GAP * (index - first);
    if (aspects * target >= room) close(index + 1, Math.max(60, Math.floor(room / aspects)));
  });
  if (first < items.length) close(items.length, target, false); // the last row need not fill the width
  return { boxes, rows, height: Math.max(0, top - GAP) };
}

/** Return the index of the row at a height, by halving. */
export function rowAt(rows, y) {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows[middle].top <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Return the item of a neighbouring row whose middle is nearest to that of item `index`. */
export function above(layout, index, step) {
  const box = layout.boxes[index];
  const row = layout.rows[box.row + step];
  if (!row) return index;
  const middle = ({ left, width }) => left + width / 2;
  let best = row.first;
  for (let one = row.first; one < row.end; one += 1) {
    const distance = (at) => Math.abs(middle(layout.boxes[at]) - middle(box));
    if (distance(one) < distance(best)) best = one;
  }
  return best;
}
