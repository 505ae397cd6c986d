"""Everything that SD.Next lists and never changes."""

from typing import Any, Final

from fake_webui.contract import Family, Parsed
from fake_webui.errors import HandlerError
from fake_webui.profiles.sdnext.tables import placed, query
from fake_webui.webui.state import WebUIState

endpoints = Family()

TABLES: Final = {
    "/sdapi/v1/upscalers": "upscalers",
    "/sdapi/v1/detailers": "detailers",
    "/sdapi/v1/face-restorers": "detailers",
    "/sdapi/v1/preprocessors": "preprocessors",
    "/sdapi/v1/control-modes": "control_modes",
    "/sdapi/v1/ip-adapters": "ip_adapters",
    "/sdapi/v1/masking": "masking",
    "/sdapi/v1/openclip": "openclip",
    "/sdapi/v1/tagger/models": "tagger_models",
    "/sdapi/v1/vqa/models": "vqa_models",
    "/sdapi/v1/browser/folders": "browser_folders",
    "/sdapi/v1/platform": "platform",
    "/sdapi/v1/torch": "torch",
}
EMPTY: Final = (
    "/sdapi/v1/autocomplete",
    "/sdapi/v1/autocomplete/remote",
    "/sdapi/v1/extensions",
    "/sdapi/v1/gpu",
    "/sdapi/v1/gpu-smi",
    "/sdapi/v1/wildcards",
)
UNVALIDATED: Final = (
    "{'type': 'string_type', 'loc': ('response', %d, 'cls'), "
    "'msg': 'Input should be a valid string', 'input': None}"
)
WHERE: Final = (
    '  File "{root}/modules/api/endpoints.py", line 209, in get_schedulers\n'
    "    GET /sdapi/v1/schedulers"
)


def _declare(path: str, table: str) -> None:
    @endpoints.get(path)
    def listed(state: WebUIState, _: Parsed) -> Any:
        return placed(state.policy.table(table), state.policy.root)


for _path, _table in TABLES.items():
    _declare(_path, _table)


@endpoints.get("/sdapi/v1/cmd-flags")
def cmd_flags(state: WebUIState, _: Parsed) -> Any:
    """List the command line's flags as the real server would have been started."""
    config = state.config
    accounts = ",".join(":".join(account) for account in config.api_auth.items())
    return {
        **placed(state.policy.table("cmd_flags"), state.policy.root),
        "port": config.port,
        "server_name": config.host,
        "listen": config.allow_remote,
        "cors_origins": ",".join(config.cors_allow_origins) or None,
        "auth": accounts or None,
    }


@endpoints.get(*EMPTY)
def nothing(*_: Any) -> Any:
    """List nothing, as a fresh installation does."""
    return []


@endpoints.get("/sdapi/v1/samplers")
def samplers(state: WebUIState, _: Parsed) -> Any:
    """List the sampling methods."""
    rows = state.policy.table("samplers")
    return [{"name": row["name"], "options": row["options"]} for row in rows]


@endpoints.get("/sdapi/v1/schedulers")
def schedulers(state: WebUIState, _: Parsed) -> Any:
    """Fail as the real one does: headings in the list have no class.

    Raises:
        HandlerError: ResponseValidationError, always.
    """
    names = state.policy.table("schedulers")
    real = {row["name"] for row in state.policy.table("samplers")}
    rows = [
        {"name": name, "cls": "<lambda>" if name in real else None, "options": {}} for name in names
    ]
    mistakes = [UNVALIDATED % place for place, row in enumerate(rows) if row["cls"] is None]
    listed = "\n".join(f"  {mistake}" for mistake in mistakes)
    where = WHERE.replace("{root}", state.policy.root)
    message = f"{len(mistakes)} validation errors:\n{listed}\n\n{where}"
    raise HandlerError("ResponseValidationError", message, rows)


@endpoints.get("/sdapi/v1/sampler")
def sampler(state: WebUIState, _: Parsed) -> Any:
    """Say which scheduler the loaded model has."""
    facts = state.policy.table("sampler_now")
    return {"name": "EulerAncestralDiscreteScheduler", "options": facts}


@endpoints.get("/sdapi/v1/controlnets", query=query(("model_type", "string?", None)))
@endpoints.get("/sdapi/v1/control-models", query=query(("unit_type", "string", "controlnet")))
def control_models(state: WebUIState, _: Parsed) -> Any:
    """List the models of ControlNet."""
    return state.policy.table("control_models")


@endpoints.get("/sdapi/v1/vqa/prompts", query=query(("model", "string?", None)))
def vqa_prompts(state: WebUIState, _: Parsed) -> Any:
    """List what pictures can be asked for."""
    return state.policy.table("vqa_prompts")


@endpoints.get("/sdapi/v1/xyz-grid", query=query(("option", "string", "")))
def xyz_axes(state: WebUIState, asked: Parsed) -> Any:
    """List the axes of grids whose label has a word."""
    word = asked.values["option"].lower()
    return [row for row in state.policy.table("xyz_grid") if word in row["label"].lower()]
