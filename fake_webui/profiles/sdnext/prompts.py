"""Prompts as SD.Next reads them: comments, styles, choices, LoRAs."""

import random
import re
from dataclasses import dataclass
from typing import Any, Final

from fake_webui.profiles.sdnext.matrix import Matrix
from fake_webui.webui.processing.prompts import apply_styles, extra_networks, style_prompts
from fake_webui.webui.state import WebUIState

COMMENT: Final = re.compile(r"/\*(.*?)\*/", re.DOTALL)
CHOICE: Final = re.compile(r"\{([^{}]*\|[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Prompts:
    """Both prompts of every picture, what each was made from, and what was taken out."""

    prompts: list[str]
    negative_prompts: list[str]
    templates: list[str]
    negative_templates: list[str]
    styles: list[str]
    comment: str | None


def read_prompts(p: dict[str, Any], state: WebUIState, matrix: Matrix | None = None) -> Prompts:
    """Return the prompts of a request, one for each picture; a matrix has its own."""
    styles, comments = p["styles"] or [], COMMENT.findall(p["prompt"] or "")
    count = len(matrix.prompts) if matrix else p["batch_size"] * p["n_iter"]
    templates, negative_templates = [p["prompt"]] * count, [p["negative_prompt"]] * count
    if matrix and matrix.is_positive:
        templates = matrix.prompts
    elif matrix:
        negative_templates = matrix.prompts
    templates = [_without_comments(text) for text in templates]
    negative_templates = [_without_comments(text) for text in negative_templates]
    positive, negative = style_prompts(styles, state.catalog)
    return Prompts(
        [_made(text, positive, state) for text in templates],
        [_made(text, negative, state) for text in negative_templates],
        templates,
        negative_templates,
        styles,
        ", ".join(comments) or None,
    )


def _made(text: Any, parts: list[str], state: WebUIState) -> Any:
    """Return the prompt that a template and those of styles make."""
    if any(parts):
        return _chosen(apply_styles(text or "", parts), state.rng)
    return text and _chosen(text, state.rng)


def _without_comments(text: Any) -> Any:
    return COMMENT.sub("", text) if text else text


def _chosen(text: str, rng: random.Random) -> str:
    """Return a prompt with one word of each `{a|b}`."""
    return CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)


def loras_in(prompt: str | None, state: WebUIState) -> list[str]:
    """Return the names of the LoRAs that a prompt loads; one that is unknown is passed over."""
    mentioned = [args[0] for kind, args in extra_networks(prompt or "") if kind == "lora"]
    found = (state.catalog.find_lora(name) for name in mentioned)
    return list(dict.fromkeys(lora.name for lora in found if lora))
