"""Settings, both ways."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from fake_webui.api.noting import note_findings
from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.endpoint import Work
from fake_webui.contract.tables import ANY_OPTIONS
from fake_webui.errors import HandlerError
from fake_webui.webui.state import WebUIState

endpoints = Family()


@endpoints.get("/sdapi/v1/options", name="get_config", answer=answers.OPTIONS)
def get_options(state: WebUIState, _: Parsed) -> Any:
    """Answer with all settings."""
    return state.options.snapshot()


@endpoints.post("/sdapi/v1/options", name="set_config", body=ANY_OPTIONS, work=Work.OPTIONS)
def set_options(state: WebUIState, asked: Parsed) -> None:
    """Store some settings; a checkpoint or VAE among them is loaded before the answer."""
    policy = state.policy
    note_findings(policy.hooks.option_findings(asked.values, state))
    note_findings(policy.hooks.post_findings(asked.values, state))
    if policy.loads_on_post:
        _refuse_unknown_checkpoint(state, asked.values)
    state.options.post(asked.values, partial(_load_changed, state), partial(_to_store, state))


def _to_store(state: WebUIState, key: str, value: Any) -> Any:
    """Return what is stored of an option's value."""
    if not state.policy.loads_on_post:
        _refuse_unknown_checkpoint(state, {key: value})
    return state.policy.hooks.store(key, value, state)


def _refuse_unknown_checkpoint(state: WebUIState, values: Mapping[str, Any]) -> None:
    name = values.get("sd_model_checkpoint")
    if isinstance(name, (list, dict)):
        raise HandlerError("TypeError", f"unhashable type: {type(name).__name__!r}")
    if name is not None and state.catalog.find_checkpoint(name) is None:
        raise HandlerError("RuntimeError", f"model {name!r} not found")


def _load_changed(state: WebUIState, key: str) -> None:
    """Load what an option names, when the running generation is over, or the next begins."""
    if not state.policy.loads_on_post:
        return
    if key == "sd_model_checkpoint":
        with state.lock:
            state.models.load()
    elif key == "sd_vae":
        with state.lock:
            state.models.reload_vae()
