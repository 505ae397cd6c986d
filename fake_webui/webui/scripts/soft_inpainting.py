"""Soft inpainting: seen in infotexts, where there is a mask."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fake_webui.webui.processing import AlwaysOn, Processing
from fake_webui.webui.state import WebUIState

LABELS = (
    "Soft inpainting enabled",
    "Soft inpainting schedule bias",
    "Soft inpainting preservation strength",
    "Soft inpainting transition contrast boost",
    "Soft inpainting mask influence",
    "Soft inpainting difference threshold",
    "Soft inpainting difference contrast",
)


@dataclass(frozen=True, slots=True)
class SoftInpainting(AlwaysOn):
    """The settings in the order of LABELS, the first being True."""

    settings: tuple[Any, ...]

    def process(self, p: Processing) -> None:
        """Note the settings, and leave the mask its shades."""
        if p.mask is None:
            return
        p.mask_round = False
        p.extra_generation_params.update(zip(LABELS, self.settings, strict=True))


def activate(arguments: Sequence[Any], state: WebUIState) -> AlwaysOn | None:  # noqa: ARG001 - as all have it
    """Take part if the first argument says so."""
    if not arguments or not arguments[0]:
        return None
    return SoftInpainting((True, *arguments[1:]))
