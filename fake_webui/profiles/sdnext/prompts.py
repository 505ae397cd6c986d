"""Prompts as SD.Next reads them: comments, styles, choices, LoRAs."""

import random
import re
from dataclasses import dataclass
from typing import Any, Final

from fake_webui.webui.processing.prompts import apply_styles, extra_networks, style_prompts
from fake_webui.webui.state import WebUIState

COMMENT: Final = re.compile(r"/\*(.*?)\*/", re.DOTALL)
CHOICE: Final = re.compile(r"\{([^{}]*\|[^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Prompts:
    """Both prompts of every picture, what they were made from, and what was taken out."""

    prompts: list[str]
    negative_prompts: list[str]
    template: str
    negative_template: str
    styles: list[str]
    comment: str | None


def read_prompts(p: dict[str, Any], state: WebUIState) -> Prompts:
    """Return the prompts of a request, one for each picture."""
    count, styles = p["batch_size"] * p["n_iter"], p["styles"] or []
    comments = COMMENT.findall(p["prompt"] or "")
    template, negative_template = (
        _without_comments(p["prompt"]),
        _without_comments(p["negative_prompt"]),
    )
    positive, negative = style_prompts(styles, state.catalog)

    def made(text: str | None, parts: list[str]) -> str | None:
        return (
            text and _chosen(text, state.rng)
            if not any(parts)
            else _chosen(apply_styles(text or "", parts), state.rng)
        )

    return Prompts(
        [made(template, positive) for _ in range(count)],  # type: ignore[misc]
        [made(negative_template, negative) for _ in range(count)],  # type: ignore[misc]
        template,
        negative_template,
        styles,
        ", ".join(comments) or None,
    )


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
