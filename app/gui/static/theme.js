// Dark or light: after the system, until the switch says otherwise.

import { toast } from "./toast.js";

const KEY = "theme";
const NEXT = { system: "light", light: "dark", dark: "system" };

function apply(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

const chosen = () => localStorage.getItem(KEY) ?? "system";

function show(button) {
  button.title = `Colours: ${chosen()}. Change to ${NEXT[chosen()]}`;
  button.setAttribute("aria-label", button.title);
}

export function startTheme(button) {
  apply(chosen());
  show(button);
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, NEXT[chosen()]);
    apply(chosen());
    show(button);
    toast(`Colours: ${chosen()}`);
  });
}
