"""Pictures, whole and small; each is asked for by its name in the history."""

from pathlib import Path

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from app.errors import UnknownJobError
from app.gui.context import gui
from app.gui.endpoints import Endpoints
from app.storage.home import IMAGES_FOLDER

images = Endpoints("images")
FOREVER_S = 365 * 24 * 3600


@images.get("/images/<name>")
def whole(name: str) -> ResponseReturnValue:
    """Answer with a picture as the WebUI made it."""
    return _sent(_path_of(name))


def _path_of(name: str) -> Path:
    """Return the file of a picture.

    Raises:
        UnknownJobError: if there is none, or it lies outside the image location.
    """
    app = gui().application
    path: Path = (app.home / app.history.image(name)["path"]).resolve()
    if not path.is_relative_to((app.home / IMAGES_FOLDER).resolve()) or not path.is_file():
        raise UnknownJobError(f"there is no image {name}")
    return path


def _sent(path: Path) -> Response:
    """Send a file that never changes."""
    response = send_file(path, conditional=True, max_age=FOREVER_S)
    response.headers["Cache-Control"] = f"private, max-age={FOREVER_S}, immutable"
    return response
