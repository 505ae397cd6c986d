"""What a picture says of its making, in SD.Next's reading: nothing is filled in."""

import re
from typing import Any, Final

from fake_webui.profiles.sdnext.start import read_image
from fake_webui.webui.infotext import split_infotext, unquote
from fake_webui.webui.pnginfo import read_info
from fake_webui.webui.state import WebUIState

PAIR: Final = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
SIZE: Final = re.compile(r"(\d+)x(\d+)$")


def png_info(text: str, state: WebUIState) -> dict[str, Any]:
    """Return what png-info answers for an image in base64, nothing for no image.

    Raises:
        HttpError: 500, if it is not an image.
    """
    if not text.strip():
        return {"info": "", "items": {}, "parameters": {}}
    infotext, items = read_info(read_image(text.strip()), state.catalog)
    texts = {key: value for key, value in items.items() if isinstance(value, (str, int, float))}
    if not infotext:
        return {"info": "", "items": texts, "parameters": {}}
    return {
        "info": infotext,
        "items": {**texts, "parameters": infotext},
        "parameters": read_pairs(infotext),
    }


def read_pairs(infotext: str) -> dict[str, Any]:
    """Return the values of an infotext; numbers are numbers."""
    prompt, negative, line = split_infotext(infotext)
    values = {name: _number(unquote(text)) for name, text in PAIR.findall(line)}
    values |= {"Prompt": prompt, "Negative prompt": negative}
    if size := SIZE.match(str(values.get("Size", ""))):
        values |= {"Size-1": int(size[1]), "Size-2": int(size[2])}
    return values


def _number(text: Any) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
