// Which rows are chosen: by a click, with Shift from the last one, or all.

/** `onChange()` is called at each change; `order()` returns all keys as they are shown. */
export function makeSelection(order, onChange) {
  const chosen = new Set();
  let last = null;
  return {
    has: (key) => chosen.has(key),
    get size() {
      return chosen.size;
    },
    /** The chosen keys, as they are shown. */
    all: () => order().filter((key) => chosen.has(key)),
    choose(key, isChosen, throughLast = false) {
      const keys = order();
      const [from, to] = [keys.indexOf(throughLast ? last : key), keys.indexOf(key)].sort((a, b) => a - b);
      for (const one of from < 0 ? [key] : keys.slice(from, to + 1)) isChosen ? chosen.add(one) : chosen.delete(one);
      last = key;
      onChange();
    },
    set(keys) {
      chosen.clear();
      for (const key of keys) chosen.add(key);
      onChange();
    },
    /** Forget what is not there any more. */
    keep(keys) {
      const there = new Set(keys);
      for (const key of chosen) if (!there.has(key)) chosen.delete(key);
    },
  };
}
