"""Where a picture is that a page asks for by its name; never outside the image location."""

from pathlib import Path

from app.errors import UnknownJobError
from app.gui.context import gui
from app.storage.home import IMAGES_FOLDER


def picture_path(name: str) -> Path:
    """Return the file of a picture.

    Raises:
        UnknownJobError: if there is none, or it lies outside the image location.
    """
    app = gui().application
    path: Path = (app.home / app.history.image(name)["path"]).resolve()
    if not path.is_relative_to((app.home / IMAGES_FOLDER).resolve()) or not path.is_file():
        raise UnknownJobError(f"there is no image {name}")
    return path
