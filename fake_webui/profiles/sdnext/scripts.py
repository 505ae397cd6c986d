"""Scripts: their lists, and which of them a request may name."""

from typing import Any

from fake_webui.contract import Family, Parsed, answers
from fake_webui.errors import HandlerError, HttpError
from fake_webui.profiles.sdnext.tables import query
from fake_webui.webui.state import WebUIState

endpoints = Family()

CONTROL = {"minimum": None, "maximum": None, "step": None, "choices": None}
UPSCALING_SCRIPT, UPSCALER_ARGUMENT = "sd upscale", 2


@endpoints.get("/sdapi/v1/scripts", answer=answers.SCRIPTS)
def scripts(state: WebUIState, _: Parsed) -> Any:
    """List the scripts of each tab."""
    return state.policy.table("scripts")["names"]


@endpoints.get("/sdapi/v1/script-info", query=query(("script_name", "string?", None)))
def script_info(state: WebUIState, asked: Parsed) -> Any:
    """List the scripts with the controls that their arguments come from."""
    table, only = state.policy.table("scripts"), asked.values["script_name"]
    return [
        _info(table, tab, name)
        for tab, names in table["names"].items()
        for name in names
        if only in (None, name)
    ]


def _info(table: dict[str, Any], tab: str, name: str) -> dict[str, Any]:
    row = _row(table, tab, name)
    in_control = tab == "control" and name in table["img2img_in_control"]
    return {
        "name": name,
        "is_alwayson": row.get("is_alwayson", False),
        "is_img2img": tab == "img2img" or in_control,
        "args": [_control(table["choices"], control) for control in row["args"]],
    }


def _row(table: dict[str, Any], tab: str, name: str) -> dict[str, Any]:
    rows = [row for row in table["scripts"] if row["name"] == name]
    return next(row for row in rows if tab in row.get("tabs", [tab]))


def _control(named: dict[str, Any], control: dict[str, Any]) -> dict[str, Any]:
    choices = control.get("choices")
    return {
        **CONTROL,
        **control,
        "choices": named[choices] if isinstance(choices, str) else choices,
    }


def check_always_on(asked: dict[str, Any], state: WebUIState) -> None:
    """Refuse always-on scripts that there are none of.

    Raises:
        HttpError: 422 with the first of them.
    """
    rows = state.policy.table("scripts")["scripts"]
    known = {row["name"] for row in rows if row.get("is_alwayson")}
    for name in asked:
        if name.lower() not in known:
            raise HttpError(422, f"Always on script not found: {name}")


def check_script(p: dict[str, Any], state: WebUIState) -> None:
    """Refuse the arguments of a selectable script that it breaks down on.

    Raises:
        HandlerError: ValueError, for an upscaler that is not listed.
    """
    args = p["script_args"]
    if (p["script_name"] or "").lower() != UPSCALING_SCRIPT or len(args) <= UPSCALER_ARGUMENT:
        return
    upscaler = args[UPSCALER_ARGUMENT]
    names = [row["name"].lower() for row in state.policy.table("upscalers")]
    if isinstance(upscaler, str) and upscaler.lower() not in names:
        raise HandlerError("ValueError", f"{upscaler.lower()!r} is not in list")
