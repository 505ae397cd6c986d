"""Pictures that users give to jobs: named by path and content, and read when a job runs."""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from app.errors import ImageFileError

INPUT_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_FORMATS = ("PNG", "JPEG", "WEBP")
_PREFIX, _HASH = "file:", "#sha256="
_PICTURE_KEYS = frozenset({"image", "input_image", "mask", "mask_image"})
"""What scripts call a picture; under any other key a file is written as file:NAME."""
_REFERENCE = re.compile(rf"{_PREFIX}(?P<path>.+){_HASH}(?P<sha256>[0-9a-f]{{64}})")


def reference_to(path: Path) -> str:
    """Return how a job names a picture: where it is, and what it was like.

    Raises:
        ImageFileError: if it is not a picture that can be read.
    """
    data = _read(path)
    size_of(data, path)
    return f"{_PREFIX}{path.absolute()}{_HASH}{hashlib.sha256(data).hexdigest()}"


def path_of(reference: str) -> Path:
    """Return where the picture is that a job names."""
    match = _REFERENCE.fullmatch(reference)
    return Path(match["path"] if match else reference)


def read_reference(reference: str) -> bytes:
    """Return the picture that a job names, as it was when the job was made.

    Raises:
        ImageFileError: if it is gone, or another one by now.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ImageFileError(f"{reference}: not a picture that a job can name; give it as --input")
    data = _read(Path(match["path"]))
    if hashlib.sha256(data).hexdigest() != match["sha256"]:
        raise ImageFileError(f"{match['path']}: has been changed since the job was made")
    return data


def size_of(data: bytes, path: Path) -> tuple[int, int]:
    """Return width and height of a picture, in pixels.

    Raises:
        ImageFileError: if it can't be decoded.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            image.load()
            return image.size
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise ImageFileError(f"{path}: not a picture that can be read") from error


def list_pictures(path: Path) -> list[Path]:
    """Return a picture, or those of a folder by name.

    Raises:
        ImageFileError: if there is none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() in INPUT_SUFFIXES)
    if not found:
        raise ImageFileError(f"{path}: there is no picture in this folder")
    return found


def with_references(value: Any, folders: Sequence[Path]) -> Any:
    """Return a JSON value in which files of these folders are named as `reference_to` does.

    A file is `file:NAME`, or what ends like a picture's name under a key like "image".

    Raises:
        ImageFileError: if one is not there, or not a picture.
    """
    return _walked(value, "", lambda key, text: _resolved(key, text, tuple(folders)))


def embedded(value: Any) -> Any:
    """Return a JSON value in which every picture that is named is there itself, in base64.

    Raises:
        ImageFileError: if one is gone, or another one by now.
    """
    return _walked(value, "", lambda _, text: _embedded(text))


def _walked(value: Any, key: str, change: Callable[[str, str], str]) -> Any:
    if isinstance(value, str):
        return change(key, value)
    if isinstance(value, Mapping):
        return {name: _walked(inner, name, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_walked(inner, key, change) for inner in value)
    return value


def _embedded(text: str) -> str:
    is_reference = text.startswith(_PREFIX) and _REFERENCE.fullmatch(text)
    return base64.b64encode(read_reference(text)).decode() if is_reference else text


def _resolved(key: str, text: str, folders: tuple[Path, ...]) -> str:
    if _REFERENCE.fullmatch(text):
        return text
    is_picture = key in _PICTURE_KEYS and PurePath(text[-8:]).suffix.lower() in INPUT_SUFFIXES
    if text.startswith(_PREFIX) or (is_picture and not text.startswith("data:")):
        return _reference_in(text.removeprefix(_PREFIX), folders)
    return text


def _reference_in(name: str, folders: tuple[Path, ...]) -> str:
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise ImageFileError(f"{name}: leads out of the folder of packs")
    candidates: Iterable[Path] = (folder / name for folder in folders)
    if (path := next((one for one in candidates if one.is_file()), None)) is None:
        raise ImageFileError(f"{folders[0] / name}: there is no such picture")
    return reference_to(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageFileError(f"{path}: there is no such picture") from error
    except OSError as error:
        raise ImageFileError(f"{path}: can't be read: {error.strerror or error}") from error
