"""Forge's own endpoints, and those that it answers otherwise."""

from dataclasses import replace
from typing import Any, Final

from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import MAPPING, list_of, titled
from fake_webui.errors import HandlerError
from fake_webui.webui.state import WebUIState

endpoints = Family()


MODULE: Final = replace(answers.VAE, name="SDModuleItem")


@endpoints.get("/sdapi/v1/sd-modules", name="get_sd_vaes_and_text_encoders", answer=list_of(MODULE))
def modules(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001 - as every view has it
    """List the modules that models can be completed with: VAEs and text encoders."""
    return [MODULE.row(module) for module in state.catalog.vaes]


@endpoints.get("/sdapi/v1/prompt-styles", name="get_prompt_styles", answer=list_of(answers.STYLE))
def styles(state: WebUIState, parsed: Parsed) -> Any:  # noqa: ARG001
    """List the prompt styles below a row with the name of their file."""
    rows = [answers.STYLE.row(style) for style in state.catalog.styles]
    return [{"name": f"{' STYLES ':-^40}", "prompt": None, "negative_prompt": None}, *rows]


@endpoints.post(
    "/sdapi/v1/create/hypernetwork",
    name="create_hypernetwork",
    body=titled(MAPPING, "Args"),
    answer=answers.CREATED,
)
def new_hypernetwork(*_: Any) -> Any:
    """Fail: what makes hypernetworks is gone.

    Raises:
        HandlerError: NameError, always.
    """
    raise HandlerError("NameError", "name 'create_hypernetwork' is not defined")
