"""The script "prompt matrix": a picture for every combination of the parts of a prompt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from fake_webui.errors import HandlerError
from fake_webui.webui.images.annotation import Labels, annotated
from fake_webui.webui.images.resizing import image_grid
from fake_webui.webui.scripts.prompt_matrix import combinations
from fake_webui.webui.state import WebUIState

NAME: Final = "prompt matrix"
DELIMITERS: Final = {"comma": ", ", "space": " "}
BACKGROUND: Final = "#000000"


@dataclass(frozen=True, slots=True)
class Matrix:
    """What takes the place of a prompt: `prompts` of `parts`, the negative ones if so asked."""

    parts: list[str]
    prompts: list[str]
    is_positive: bool
    seed_step: int
    margin_px: int

    def fields(self, batch_size: int) -> dict[str, Any]:
        """Return the fields of a request that the script sets."""
        return {"n_iter": math.ceil(len(self.prompts) / batch_size), "do_not_save_grid": True}

    def seeds(self, first: int) -> list[int]:
        """Return the seed of each picture: all the same, unless others are asked for."""
        return [first + self.seed_step * index for index in range(len(self.prompts))]

    def grid(self, images: Sequence[Image.Image]) -> Image.Image:
        """Return the pictures in columns and rows with the parts at the edges."""
        others = self.parts[1:]
        boundary = math.ceil(len(others) / 2)
        columns, rows = others[:boundary], others[boundary:]
        grid = image_grid(images, (1 << len(columns), 1 << len(rows)), BACKGROUND)
        return annotated(grid, images[0].size, _labels(columns), _labels(rows), self.margin_px)


def _labels(parts: list[str]) -> Labels:
    """Return the lines of each column or row; every part is named, chosen or not."""
    return [parts] * (1 << len(parts))


def read_matrix(p: dict[str, Any], state: WebUIState) -> Matrix | None:
    """Return the matrix that a request asks for, None where it names another script or none.

    Raises:
        HandlerError: ValueError, for a kind of prompt or a delimiter that there is none of.
    """
    if (p["script_name"] or "").lower() != NAME:
        return None
    at_start, varies, kind, delimiter, margin_px = _arguments(p, state)
    if kind not in ("positive", "negative"):
        raise HandlerError("ValueError", f"Unknown prompt type {kind}")
    if delimiter not in DELIMITERS:
        raise HandlerError("ValueError", f"Unknown variations delimiter {delimiter}")
    parts = (p["prompt"] if kind == "positive" else p["negative_prompt"]).split("|")
    prompts = combinations(parts, DELIMITERS[delimiter], at_start=bool(at_start))
    return Matrix(parts, prompts, kind == "positive", int(bool(varies)), margin_px)


def _arguments(p: dict[str, Any], state: WebUIState) -> list[Any]:
    """Return the script's arguments: those given, and the defaults of the others."""
    rows = state.policy.table("scripts")["scripts"]
    row = next(one for one in rows if one["name"] == NAME)
    defaults, given = [control["value"] for control in row["args"]], p["script_args"]
    return [*given[: len(defaults)], *defaults[len(given) :]]
