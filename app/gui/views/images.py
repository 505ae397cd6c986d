"""Pictures, whole and small; each is asked for by its name in the history."""

from pathlib import Path

from flask import Response, send_file
from flask.typing import ResponseReturnValue

from app.gui.context import gui
from app.gui.endpoints import Endpoints
from app.gui.live_previews import picture_type
from app.gui.pictures import path_within, picture_path, thumbnail_path

images = Endpoints("images")
FOREVER_S = 365 * 24 * 3600


@images.get("/images/<name>")
def whole(name: str) -> ResponseReturnValue:
    """Answer with a picture as the WebUI made it."""
    return _sent(picture_path(name))


@images.get("/thumbs/<name>")
def small(name: str) -> ResponseReturnValue:
    """Answer with a small copy of a picture, as WebP; made once."""
    return _sent(thumbnail_path(name))


@images.get("/overviews/<job_id>")
def overview(job_id: str) -> ResponseReturnValue:
    """Answer with the picture of all jobs of a batch with axes, of which this one ended last."""
    return send_file(path_within({"path": gui().application.history.get(job_id).overview or ""}))


@images.get("/previews/<job_id>")
def unfinished(job_id: str) -> ResponseReturnValue:
    """Answer with the picture that a running job is making, or 204 where none is shown."""
    runner = gui().runner_of(job_id)
    picture = gui().previews.of(runner.node) if runner else None
    kind = picture_type(picture or b"")
    if kind is None:
        return "", 204
    return Response(picture, mimetype=kind, headers={"Cache-Control": "no-store"})


def _sent(path: Path) -> Response:
    """Send a file that never changes."""
    response = send_file(path, conditional=True, max_age=FOREVER_S)
    response.headers["Cache-Control"] = f"private, max-age={FOREVER_S}, immutable"
    return response
