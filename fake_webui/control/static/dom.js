// Making elements. Texts are only ever set as text: what a client sends is nobody's markup.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

export const BASE_URL = location.href.split("/__fake/")[0] + (/\/__fake\/scope\/[^/]+/.exec(location.pathname)?.[0] ?? "");

export async function call(method, path, body) {
  const answer = await fetch(`${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? `${answer.status} ${answer.statusText}`);
  return value;
}

export function copyButton(text, label = "Copy") {
  const button = element("button", { className: "link", type: "button" }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text())) ? "Copied" : "Can't copy here";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text); // is not there on addresses that are not this machine's
    return true;
  } catch {
    return false;
  }
}

const folding = []; // one for each panel, of which one at most is open

export function foldable(buttonId, panelId) {
  const [button, panel] = [byId(buttonId), byId(panelId)];
  const set = (isOpen) => {
    panel.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  const turn = (isOpen) => {
    for (const other of folding) other(false);
    set(isOpen);
  };
  folding.push(set);
  button.addEventListener("click", () => turn(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    turn(false);
    button.focus();
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} KB` : `${(count / 1048576).toFixed(1)} MB`;
}

export function duration(seconds) {
  if (seconds === null) return "…";
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(2)} s`;
}
