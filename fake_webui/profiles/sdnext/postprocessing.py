"""Enlarging pictures: only upscalers that are listed do anything."""

from collections.abc import Sequence
from typing import Any, Final

from PIL import Image

from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import fit, flatten
from fake_webui.webui.limits import check_memory
from fake_webui.webui.pnginfo import read_info
from fake_webui.webui.state import WebUIState

NO_UPSCALER, LATENT = "None", "Latent"
FILTERS: Final = {"Resize Nearest": Image.Resampling.NEAREST}
BY_SIZE: Final = 1
BACKGROUND: Final = "#ffffff"


def run_extras(
    images: Sequence[Image.Image], p: dict[str, Any], state: WebUIState
) -> tuple[list[Picture], str]:
    """Return the pictures enlarged, and what is said of the last of them."""
    results, said = [], ""
    with state.queued("extras"):
        for image in images:
            infotext = read_info(image, state.catalog)[0]
            enlarged = _enlarged(flatten(image, BACKGROUND), p, state)
            texts = {"parameters": infotext} if infotext else {}
            results.append(Picture(enlarged, texts))
            size = f"Size: {enlarged.width}x{enlarged.height}, "
            said = f"{infotext}, {size}" if infotext else size
    return results, said


def _enlarged(image: Image.Image, p: dict[str, Any], state: WebUIState) -> Image.Image:
    upscaler = p["upscaler_1"]
    names = [row["name"] for row in state.policy.table("upscalers")]
    if upscaler == NO_UPSCALER or upscaler.startswith(LATENT) or upscaler not in names:
        return image
    if p["resize_mode"] == BY_SIZE:
        size = p["upscaling_resize_w"], p["upscaling_resize_h"]
        check_memory(*size)
        return fit(image, BY_SIZE if p["upscaling_crop"] else 0, size)
    factor = p["upscaling_resize"]
    size = int(image.width * factor), int(image.height * factor)
    check_memory(*size)
    return image.resize(size, FILTERS.get(upscaler, Image.Resampling.LANCZOS))
