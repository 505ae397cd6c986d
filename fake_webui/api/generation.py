"""txt2img and img2img."""

import base64
import json
from typing import TYPE_CHECKING

from flask import Response, g

from fake_webui.api import pictures
from fake_webui.api.answering import dump_json
from fake_webui.api.dispatch import note_unknown
from fake_webui.api.noting import note_findings
from fake_webui.contract import Family, Parsed, answers, tables
from fake_webui.contract.endpoint import Work
from fake_webui.webui.extension import unknown_fields
from fake_webui.webui.state import Interference, WebUIState

if TYPE_CHECKING:
    from fake_webui.webui.generation import Generated

endpoints = Family()


@endpoints.post(
    "/sdapi/v1/txt2img",
    name="text2imgapi",
    body=tables.TXT2IMG,
    answer=answers.TEXT_TO_IMAGE,
    work=Work.GENERATION,
)
def txt2img(state: WebUIState, asked: Parsed) -> Response:
    """Make pictures from a prompt."""
    _note(state, asked)
    return _answer(pictures.of(state, "generation").txt2img(asked, state, _interference()))


@endpoints.post(
    "/sdapi/v1/img2img",
    name="img2imgapi",
    body=tables.IMG2IMG,
    answer=answers.IMAGE_TO_IMAGE,
    work=Work.GENERATION,
)
def img2img(state: WebUIState, asked: Parsed) -> Response:
    """Make pictures from pictures and a prompt."""
    _note(state, asked)
    return _answer(pictures.of(state, "generation").img2img(asked, state, _interference()))


def _interference() -> Interference:
    """Return what fault and hold do to this request's generation."""
    return Interference(g.get("failure"), g.get("hold"))


def _note(state: WebUIState, asked: Parsed) -> None:
    """Note what scripts of extensions are given and don't have, and what won't be as meant."""
    note_unknown_arguments(state, asked)
    hooks = state.policy.hooks
    note_findings(hooks.findings(asked.values, state))
    note_findings(hooks.option_findings(asked.values["override_settings"] or {}, state))


def note_unknown_arguments(state: WebUIState, asked: Parsed) -> None:
    """Note what scripts of extensions are given and don't have."""
    scripts = asked.values["alwayson_scripts"]
    note_unknown(unknown_fields(scripts, state.catalog.extensions))


def _answer(generated: "Generated") -> Response:
    """Put the base64 of the images between the bytes of the JSON; they need no escaping."""
    note_findings(generated.findings)
    parts = [b'{"images":[']
    parts += (b",".join([b'"%s"' % base64.b64encode(image) for image in generated.images]),)
    parts += [b'],"parameters":', dump_json(generated.parameters)]
    parts += [b',"info":', json.dumps(generated.info).encode(), b"}"]
    return Response(b"".join(parts), content_type="application/json")
