"""What SD.Next says of its settings: everything that another page needs to draw them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fake_webui.contract import Family, Parsed
from fake_webui.profiles.sdnext.checkpoints import name_of, title_of
from fake_webui.profiles.sdnext.tables import placed
from fake_webui.webui.state import WebUIState

endpoints = Family()

SEPARATOR: Final = "separator"
SHORTEST_LABEL: Final = 3  # of an option that is shown
LEGACY: Final = "legacy_options"
MARKUP: Final = re.compile(r"<[^>]+>")
TYPES: Final = ((bool, "boolean"), ((int, float), "number"), (list, "array"))


@endpoints.get("/sdapi/v1/options-info")
def options_info(state: WebUIState, _: Parsed) -> Any:
    """List every option with its label, its section and what sets it, and the sections."""
    sections = state.policy.table("options_info")
    lists = _lists(state, [name for one in sections.values() for name in one["options"]])
    return {
        "options": {
            name: _described(state, lists, section_id, section, name)
            for section_id, section in sections.items()
            for name in section["options"]
        },
        "sections": [
            {"id": section_id, "title": section["title"], "hidden": section["hidden"]}
            for section_id, section in sections.items()
        ],
    }


def _lists(state: WebUIState, options: list[str]) -> dict[str, list[str]]:
    """Return what may be chosen from where that depends on what is installed."""
    catalog = state.catalog
    return {
        "{options}": options,
        "{checkpoints}": [title_of(one) for one in sorted(catalog.checkpoints, key=name_of)],
        "{vaes}": [vae.name for vae in catalog.vaes],
    }


def default_of(state: WebUIState, section_id: str, name: str) -> Any:
    """Return what an option of a section is before anything was done to it."""
    row = state.policy.table("options_info")[section_id]["options"][name]
    return row["default"] if "default" in row else state.options.default(name)


def _described(
    state: WebUIState, lists: dict[str, list[str]], section_id: str, section: Any, name: str
) -> dict[str, Any]:
    row, default = section["options"][name], default_of(state, section_id, name)
    component, label = row["component"], row.get("label")
    if label is None:  # a separator says it in its markup
        label = MARKUP.sub("", default).strip()
    args = dict(row.get("args", {}))
    if "choices" in args:
        args["choices"] = list(_chosen_from(args["choices"], lists))
    shown = component == SEPARATOR or len(label) >= SHORTEST_LABEL
    is_legacy = section_id == LEGACY
    return {
        "label": label,
        "section_id": section_id,
        "section_title": section["title"],
        "visible": row.get("visible", shown and not is_legacy),
        "hidden": section["hidden"],
        "type": _type_of(default),
        "component": component,
        "component_args": args,
        "default": placed(default, state.policy.root),
        "is_legacy": is_legacy,
        "is_secret": False,
    }


def _chosen_from(choices: Sequence[str], lists: dict[str, list[str]]) -> Iterator[str]:
    for choice in choices:
        yield from lists.get(choice, [choice])


def _type_of(default: Any) -> str:
    return next((name for kind, name in TYPES if isinstance(default, kind)), "string")
