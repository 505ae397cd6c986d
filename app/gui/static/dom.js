// Making elements. Text is only ever set as text: prompts, errors and file names are never markup.

export const byId = (id) => document.getElementById(id);

/** Make an element: `class`, `text`, `on` (listeners), `data` (data-*), else property or attribute. */
export function h(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(made, name, value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") element.className = value;
  else if (name === "text") element.textContent = value;
  else if (name === "on") for (const [kind, listener] of Object.entries(value)) element.addEventListener(kind, listener);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name in element && !(element[name] instanceof Object)) element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** Put children in place of what an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set text only where it differs, so that screen readers and selections are left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Return a function that calls `work` once, `delay_ms` after the last of several calls. */
export function debounced(work, delay_ms) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), delay_ms);
  };
}

/** Return a function that runs `work` at most once at a time, and once more if it was called meanwhile. */
export function coalesced(work) {
  let running = false;
  let again = false;
  return async function call() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } finally {
      running = false;
      if (again) {
        again = false;
        call();
      }
    }
  };
}

/**
 * Keep the children of `parent` in step with `items`, by key: the same item keeps its element, so
 * that focus, selection and scrolling stay where they are.
 */
export function reconcile(parent, items, keyOf, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = known.get(key);
    if (element) known.delete(key);
    else {
      element = make(item);
      element.dataset.key = key;
    }
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of known.values()) gone.remove();
}
