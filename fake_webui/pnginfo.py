"""What a picture says of its making."""

import json
from typing import Any

from PIL import Image

from fake_webui.images import read_user_comment

# Facts of the file format that are no text of anybody's.
FORMAT_KEYS = frozenset(
    {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "dpi",
        "exif",
        "loop",
        "background",
        "timestamp",
        "duration",
        "progressive",
        "progression",
        "icc_profile",
        "chromaticity",
        "photoshop",
    }
)
NOVEL_AI = """{description}
Negative prompt: {uc}
Steps: {steps}, Sampler: {sampler}, CFG scale: {scale}, Seed: {seed}, Size: {width}x{height}, \
Clip skip: 2, ENSD: 31337"""


def read_info(image: Image.Image) -> tuple[str | None, dict[str, Any]]:
    """Return the infotext of a picture, None without one, and its other texts by keyword."""
    items: dict[str, Any] = {str(key): value for key, value in image.info.items()}
    infotext = items.pop("parameters", None)
    if "exif" in items:
        infotext = read_user_comment(image) or infotext
    elif "comment" in items:
        comment = items["comment"]
        infotext = comment.decode("utf8", "ignore") if isinstance(comment, bytes) else comment
    texts = {key: value for key, value in items.items() if key not in FORMAT_KEYS}
    if texts.get("Software") == "NovelAI":
        infotext = _novel_ai_text(texts, image) or infotext
    return infotext, texts


def _novel_ai_text(texts: dict[str, Any], image: Image.Image) -> str | None:
    """Return the infotext that stands for what NovelAI writes, None if it can't be read."""
    try:
        facts = json.loads(texts["Comment"])
        return NOVEL_AI.format(
            description=texts["Description"],
            uc=facts["uc"],
            steps=facts["steps"],
            sampler="Euler a",
            scale=facts["scale"],
            seed=facts["seed"],
            width=image.width,
            height=image.height,
        )
    except (KeyError, TypeError, ValueError):
        return None
