"""The journal for other tools."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from fake_webui.api.middleware import own_address
from fake_webui.api.services import current_services
from fake_webui.journal.har import archive

bp = Blueprint("exporting", __name__, url_prefix="/__fake/v1")


@bp.get("/requests.har")
def har() -> ResponseReturnValue:
    """Return the journal as HAR 1.2."""
    pieces = archive(current_services().recorder.entries(), own_address())
    headers = {"Content-Disposition": 'attachment; filename="fake-webui.har"'}
    return Response(pieces, content_type="application/json", headers=headers)
