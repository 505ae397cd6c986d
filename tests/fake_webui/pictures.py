"""Small pictures to send."""

import io

from PIL import Image, PngImagePlugin


def png(parameters: str = "") -> bytes:
    """Return a small picture with generation parameters in it."""
    stream, texts = io.BytesIO(), PngImagePlugin.PngInfo()
    texts.add_text("parameters", parameters)
    Image.new("RGB", (40, 24), "teal").save(stream, format="PNG", pnginfo=texts)
    return stream.getvalue()
