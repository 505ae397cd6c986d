"""The fields of a unit, the detection models and the options."""

import json
from functools import cache
from importlib import resources
from typing import Any, Final

VERSION: Final = "25.3.0"
UNIT_COUNT: Final = 4
NO_MODEL: Final = "None"
DEFAULT_MODEL: Final = "mediapipe_face_full"  # of the page's first unit; the others have none
MODELS: Final = (
    "face_yolov8n.pt",
    "face_yolov8s.pt",
    "hand_yolov8n.pt",
    "person_yolov8n-seg.pt",
    "person_yolov8s-seg.pt",
    "yolov8x-worldv2.pt",
    "mediapipe_face_full",
    "mediapipe_face_short",
    "mediapipe_face_mesh",
    "mediapipe_face_mesh_eyes_only",
)
# What the page shows where a request that leaves the field open has something else.
ON_THE_PAGE: Final = {
    "ad_checkpoint": "Use same checkpoint",
    "ad_vae": "Use same VAE",
    "ad_sampler": "DPM++ 2M",
}
BY_API: Final = "is_api"


@cache
def fields() -> dict[str, dict[str, Any]]:
    """Return the fields of a unit, each with its type, its default and its limits."""
    found: dict[str, dict[str, Any]] = _read("fields")
    return found


def options() -> dict[str, Any]:
    """Return the options with their defaults."""
    found: dict[str, Any] = _read("options")
    return found


def default_unit(number: int) -> dict[str, Any]:
    """Return unit `number`, from 0, as the page has it."""
    unit = {name: facts.get("default") for name, facts in fields().items() if name != BY_API}
    return unit | ON_THE_PAGE | {"ad_model": NO_MODEL if number else DEFAULT_MODEL}


def _read(name: str) -> Any:
    return json.loads(resources.files(__package__).joinpath(f"{name}.json").read_text("utf-8"))
