"""txt2img and img2img; what makes the pictures is imported by the first that asks for one."""

import base64
import json
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g

from fake_webui.api.admission import parse_request
from fake_webui.api.answering import dump_json
from fake_webui.api.services import current_state
from fake_webui.contract import tables

if TYPE_CHECKING:
    from fake_webui.webui.generation import Generated

bp = Blueprint("generation", __name__)


@bp.post("/sdapi/v1/txt2img")
def txt2img() -> Response:
    """Make pictures from a prompt."""
    from fake_webui.webui import generation  # noqa: PLC0415 - see above

    parsed = parse_request(tables.TXT2IMG)
    return _answer(generation.txt2img(parsed, current_state(), g.get("trouble")))


@bp.post("/sdapi/v1/img2img")
def img2img() -> Response:
    """Make pictures from pictures and a prompt."""
    from fake_webui.webui import generation  # noqa: PLC0415 - see above

    parsed = parse_request(tables.IMG2IMG)
    return _answer(generation.img2img(parsed, current_state(), g.get("trouble")))


def _answer(generated: "Generated") -> Response:
    """Put the base64 of the images between the bytes of the JSON; they need no escaping."""
    parts = [b'{"images":[']
    parts += (b",".join([b'"%s"' % base64.b64encode(image) for image in generated.images]),)
    parts += [b'],"parameters":', dump_json(generated.parameters)]
    parts += [b',"info":', json.dumps(generated.info).encode(), b"}"]
    return Response(b"".join(parts), content_type="application/json")
