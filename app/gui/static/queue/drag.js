// Putting a row elsewhere in its list with mouse, pen or finger.

const EDGE_PX = 60;
const SCROLL_PX = 12;

/**
 * Let a row of `list` be dragged by its `.grip`. `onDragging(is)` is called before and after;
 * then `onDrop(row, nextRow)` where the order changed, with null for the end, or `onNothing()`.
 */
export function makeSortable(list, { onDragging, onDrop, onNothing }) {
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    drag(list, grip.closest("li"), event, { onDragging, onDrop, onNothing });
  });
}

function drag(list, row, start, { onDragging, onDrop, onNothing }) {
  const before = row.nextElementSibling;
  const end = new AbortController();
  const { signal } = end;
  onDragging(true);
  row.classList.add("dragged");
  list.setPointerCapture(start.pointerId);
  const finish = (isDrop) => {
    end.abort();
    row.classList.remove("dragged");
    const next = row.nextElementSibling;
    onDragging(false);
    if (isDrop && next !== before) onDrop(row, next);
    else onNothing();
  };
  list.addEventListener("pointermove", (event) => follow(list, row, event.clientY), { signal });
  list.addEventListener("pointerup", () => finish(true), { signal });
  list.addEventListener("pointercancel", () => finish(false), { signal });
  addEventListener("keydown", (event) => event.key === "Escape" && finish(false), { signal });
}

function follow(list, row, y) {
  if (y < EDGE_PX) scrollBy(0, -SCROLL_PX);
  if (y > innerHeight - EDGE_PX) scrollBy(0, SCROLL_PX);
  const middle = (one) => one.getBoundingClientRect().top + one.offsetHeight / 2;
  const next = [...list.children].find((one) => one !== row && y < middle(one)) ?? null;
  if (next !== row.nextElementSibling) list.insertBefore(row, next);
}
