"""A picture that is dropped on the page, as the draft of the job that it is of."""

import tempfile
from pathlib import Path

from flask import request
from flask.typing import ResponseReturnValue

from app.errors import ImageFileError, RefusedError
from app.gui.context import gui
from app.gui.endpoints import Endpoints
from app.planning.imports import Imported, import_image

imports = Endpoints("imports")
FIELD = "image"


@imports.post("/import")
def read() -> ResponseReturnValue:
    """Answer with the draft of a picture, sent as the form's file `image`; nothing is queued."""
    found = _imported()
    spec = found.spec.cleaned()
    return {
        "draft": {
            "prompt": spec.prompt,
            "negative_prompt": spec.negative_prompt,
            "config": spec.config.model_dump(exclude_unset=True),
        },
        "ignored": found.ignored,
        "job_id": spec.parent_id,
    }


def _imported() -> Imported:
    """Return what a picture says that was sent; its file is gone afterwards.

    Raises:
        RefusedError: if no file was sent.
        ImageFileError: as `import_image` does, with the picture's own name.
    """
    sent = request.files.get(FIELD)
    if sent is None:
        raise RefusedError("there is no picture; send it as the form's file 'image'", FIELD)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture")
        sent.save(path)
        try:
            return import_image(path, gui().application.history, {})
        except ImageFileError as error:
            name = sent.filename or "the picture"
            raise RefusedError(f"{error}".replace(str(path), name), FIELD) from error
