"""What a WebUI offers to choose from, as names that a person reads."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from app.errors import WebUIAnswerError
from app.webui.inventory import Names
from app.webui.node import WebUINode

Choices = Mapping[str, Names]
"""Names by kind; None where the WebUI does not tell."""

CHOICES: Mapping[str, Callable[[WebUINode], Names]] = {
    "checkpoints": lambda node: [row["title"] for row in node.inventory().checkpoints],
    "vaes": lambda node: node.inventory().vaes,
    "modules": lambda node: node.inventory().modules,
    "samplers": lambda node: node.inventory().samplers,
    "schedulers": lambda node: node.kind().schedulers or _labels(node),
    "upscalers": lambda node: node.inventory().upscalers,
    "hires_upscalers": lambda node: _together(
        node.inventory().latent_upscalers, node.inventory().upscalers
    ),
    "adetailer_models": lambda node: node.inventory().detailers,
    "styles": lambda node: node.inventory().styles,
    "loras": lambda node: [row["name"] for row in node.client.loras()],
    "embeddings": lambda node: node.inventory().embeddings,
    "hypernetworks": lambda node: node.inventory().hypernetworks,
}
"""How each kind is found."""


def read_choices(node: WebUINode) -> Choices:
    """Ask a WebUI what it has.

    Raises:
        WebUIError: if it does not answer.
    """
    return {kind: _said(read, node) for kind, read in CHOICES.items()}


def together(all_choices: Sequence[Choices]) -> Choices:
    """Return what any of several WebUIs has, each name once, in their order."""
    return {kind: _together(*(choices[kind] for choices in all_choices)) for kind in CHOICES}


def _said(read: Callable[[WebUINode], Names], node: WebUINode) -> Names:
    try:
        return read(node)
    except WebUIAnswerError:
        return None


def _labels(node: WebUINode) -> list[str]:
    return [row.get("label") or row["name"] for row in node.client.schedulers()]


def _together(*lists: Names) -> Names:
    told = [names for names in lists if names is not None]
    return list(dict.fromkeys(chain(*told))) if told else None
