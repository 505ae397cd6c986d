"""Where a picture is that a page asks for by its name; never outside the image location."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.errors import UnknownJobError
from app.gui.context import gui

THUMBNAIL_WAIT_S = 20.0


def picture_path(name: str) -> Path:
    """Return the file of a picture.

    Raises:
        UnknownJobError: if there is none, or it lies outside the image location.
    """
    return path_within(gui().application.history.image(name))


def path_within(image: Mapping[str, Any]) -> Path:
    """Return the file of a picture that a record names.

    Raises:
        UnknownJobError: if it is not there, or lies outside the image location.
    """
    files = gui().application.files
    path: Path = (files / image["path"]).resolve()
    if not path.is_relative_to(files.images.resolve()) or not path.is_file():
        raise UnknownJobError(f"there is no picture {image['path']}")
    return path


def thumbnail_path(name: str) -> Path:
    """Return the file of a picture's thumbnail, made if it is not there yet.

    Raises:
        UnknownJobError: as `picture_path` does.
        ImageFileError: if it can't be made.
    """
    image = gui().application.history.image(name)
    sha256 = str(image.get("sha256"))
    made = gui().thumbnails.made(sha256)
    return made or gui().thumbnails.make(path_within(image), sha256, THUMBNAIL_WAIT_S)
