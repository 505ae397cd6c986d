// Putting a row elsewhere in its list with mouse, pen or finger.

const EDGE_PX = 60;
const SCROLL_PX = 12;

/**
 * Let a row of `list` be dragged by its `.grip`. `onDrop(row, nextRow)` is called where the order
 * changed, with null for the end; `onDragging(is)` before and after.
 */
export function makeSortable(list, { onDrop, onDragging }) {
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(".grip");
    if (!grip || event.button !== 0) return;
    event.preventDefault();
    drag(list, grip.closest("li"), event, { onDrop, onDragging });
  });
}

function drag(list, row, start, { onDrop, onDragging }) {
  const before = row.nextElementSibling;
  const end = new AbortController();
  const { signal } = end;
  onDragging(true);
  row.classList.add("dragged");
  list.setPointerCapture(start.pointerId);
  const finish = (isDrop) => {
    end.abort();
    row.classList.remove("dragged");
    if (!isDrop) list.insertBefore(row, before);
    const moved = row.nextElementSibling !== before;
    onDragging(false);
    if (moved) onDrop(row, row.nextElementSibling);
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
