"""Images of recorded exchanges: described in answers, files beside the recording in requests."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from fake_webui.errors import ConfigError
from fake_webui.journal.payloads import BROKEN_IMAGE, image_bytes, mapped
from fake_webui.webui.images import read_user_comment, user_comment

RAW = "raw"


def describe_image(text: Any) -> dict[str, Any] | None:
    """Return what a capture says of a base64 image, None for anything else."""
    data = image_bytes(text) if isinstance(text, str) else None
    if data is None:
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return described(image, data, is_uri=text.startswith("data:"))
    except BROKEN_IMAGE:
        return None


def described(image: Image.Image, data: bytes, *, is_uri: bool) -> dict[str, Any]:
    """Return the descriptor of a decoded image."""
    facts = {
        "__image__": True,
        "format": image.format,
        "mode": image.mode,
        "width": image.width,
        "height": image.height,
        "pnginfo": {k: v for k, v in image.info.items() if isinstance(v, str)},
        "data_uri_prefix": is_uri,
        "bytes": len(data),
        "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        "pixel_sha1": hashlib.sha1(image.tobytes(), usedforsecurity=False).hexdigest(),
    }
    comment = read_user_comment(image)
    return facts | {"exif_usercomment": comment} if comment else facts


def describe(value: Any) -> Any:
    """Return a JSON value with every base64 image replaced by its descriptor."""
    return mapped(value, lambda leaf: describe_image(leaf) or leaf)


def keep_images(value: Any, root: Path) -> Any:
    """Return a request's JSON with its images moved to files under `root`, and described."""

    def kept(leaf: Any) -> Any:
        facts = describe_image(leaf)
        return kept_image(leaf, facts, root) if facts else leaf

    return mapped(value, kept)


def kept_image(text: str, facts: dict[str, Any], root: Path) -> dict[str, Any]:
    """Write an image to a file named by its content and return its descriptor."""
    name = f"{RAW}/{facts['sha1'][:16]}.{str(facts['format']).lower()}"
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(text) or b"")
    head = text.partition(",")[0] + "," if facts["data_uri_prefix"] else ""
    return facts | ({"data_uri_header": head} if head else {}) | {"input_file": name}


def rebuild(value: Any, root: Path, *, anew: bool = False) -> Any:
    """Return captured JSON with its images read back from their files.

    Those that were described alone, as in answers, are drawn `anew` where that is good enough.

    Raises:
        ConfigError: if a file is not there.
    """
    if isinstance(value, dict) and value.get("__image__"):
        if anew and "input_file" not in value:
            return drawn_anew(value)
        return value.get("data_uri_header", "") + read_base64(root, str(value.get("input_file")))
    if isinstance(value, dict):
        return {key: rebuild(child, root, anew=anew) for key, child in value.items()}
    if isinstance(value, list):
        return [rebuild(child, root, anew=anew) for child in value]
    return value


def drawn_anew(facts: dict[str, Any]) -> str:
    """Return a picture of the described format, mode, size and texts as base64."""
    image = Image.new(facts["mode"], (facts["width"], facts["height"]))
    texts = PngImagePlugin.PngInfo()
    for key, text in facts.get("pnginfo", {}).items():
        texts.add_text(key, text)
    exif = user_comment(facts.get("exif_usercomment", ""))
    stream = io.BytesIO()
    image.save(stream, format=facts["format"], pnginfo=texts, exif=exif)
    return base64.b64encode(stream.getvalue()).decode()


def read_base64(root: Path, name: str) -> str:
    """Return a file of `root` as base64.

    Raises:
        ConfigError: if it is not there, or not inside.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise ConfigError(f"the input image {name} of a capture is not in {root}")
    return base64.b64encode(path.read_bytes()).decode()
