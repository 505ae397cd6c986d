"""The named components of the page, as `/config` lists them: choices and values of this server."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fake_webui.webui.catalog import Catalog
from fake_webui.webui.options import Options

TABLE: Final = "page_components"
SETTING: Final = "setting_"
NONE: Final = "None"


def page_components(catalog: Catalog, options: Options) -> list[dict[str, Any]]:
    """Return the components with `id`, `type` and `props`, where elem_id and choices are."""
    choices = _named_choices(catalog, list(settings_labels(catalog, options)))
    names = options.keys()
    values = {f"{SETTING}{name}": options.get(name) for name in names}
    return [_component(row, choices, values) for row in catalog.policy.table(TABLE)]


def settings_labels(catalog: Catalog, options: Options) -> dict[str, str]:
    """Return the labels of all settings by their names: first as the page has them in turn.

    Some are on the page alone, others are options that it does not show.
    """
    rows = [row for row in catalog.policy.table(TABLE) if row["elem_id"].startswith(SETTING)]
    found = {}
    for row in sorted(rows, key=lambda row: int(row["id"])):
        name = row["elem_id"].removeprefix(SETTING)
        found[name] = row.get("label", name.replace("_", " "))
    names = options.keys()
    return found | {name: name.replace("_", " ") for name in names if name not in found}


def _component(
    row: Mapping[str, Any], named: Mapping[str, Sequence[str]], values: Mapping[str, Any]
) -> dict[str, Any]:
    props: dict[str, Any] = {"name": row["type"], "elem_id": row["elem_id"], "visible": True}
    props |= {key: row[key] for key in ("label", "value") if key in row}
    if row["elem_id"] in values:
        props["value"] = values[row["elem_id"]]
    if "choices" in row:
        choices = row["choices"] if isinstance(row["choices"], list) else named[row["choices"]]
        props["choices"] = [[one, one] for one in choices] if row.get("pairs") else list(choices)
    return {"id": row["id"], "type": row["type"], "props": props}


def _named_choices(catalog: Catalog, options: Sequence[str]) -> dict[str, list[str]]:
    """Return the lists of choices that depend on what is installed, by their names in the data."""
    samplers = [one.name for one in catalog.samplers]
    schedulers = [one.label for one in catalog.schedulers]
    upscalers = [one.name for one in catalog.upscalers]
    vaes = [one.name for one in catalog.vaes]
    return {
        "samplers": samplers,
        "schedulers": schedulers,
        "upscalers": upscalers,
        "hires_upscalers": [*catalog.policy.latent_modes, *upscalers],
        "checkpoints": [one.title for one in catalog.checkpoints],
        "hires_checkpoints": ["Use same checkpoint", *(c.short_title for c in catalog.checkpoints)],
        "hires_samplers": ["Use same sampler", *samplers],
        "hires_schedulers": ["Use same scheduler", *schedulers],
        "styles": [one.name for one in catalog.styles],
        "vaes": [NONE, *vaes],
        "every_vae": ["Automatic", NONE, *vaes],
        "loras": [NONE, *(one.name for one in catalog.loras)],
        "hypernetworks": [NONE, *catalog.hypernetworks],
        "options": list(options),
    }
