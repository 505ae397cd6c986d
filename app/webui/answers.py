"""What the WebUI's answers hold: images, info, and its words when it refuses."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import BadAnswerError, OutcomeUnknownError, WebUIAnswerError, WebUIError
from app.webui.reading import (
    LIST,
    MAX_WORDS,
    OBJECT,
    TEXT,
    WHOLE,
    Kind,
    checked,
    parse_json,
    plain_words,
    read_list,
    read_object,
)

GATEWAY_STATUSES = frozenset({502, 503, 504, 520, 522, 524})
"""What a proxy says for a server behind it, which may be working on the request all the same."""

_OF_INFO = {
    "infotexts": LIST,
    "all_seeds": LIST,
    "index_of_first_image": WHOLE,
    "extra_generation_params": OBJECT,
    "sd_model_name": TEXT,
    "sd_vae_name": TEXT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What a generation answers: images in their order, and what `info` says of them."""

    images: Sequence[bytes]
    info: Mapping[str, Any]

    @property
    def infotexts(self) -> list[str]:
        """The generation parameters of each image."""
        return list(self.info.get("infotexts", ()))

    @property
    def seeds(self) -> list[int]:
        """The seed of each image that was planned; may be more than there are images."""
        return list(self.info.get("all_seeds", ()))


def read_generation(answer: Any) -> Generation:
    """Return the images and the info of an answer.

    Raises:
        BadAnswerError: if there is no image, one is not base64, or there is no info.
    """
    images = _field(answer, "images", LIST)
    if not images:
        raise BadAnswerError("the WebUI answered without an image")
    info = _read_info(_field(answer, "info", TEXT))
    decoded = [decode_image(image) for image in images]
    return Generation(images=decoded[max(info.get("index_of_first_image") or 0, 0) :], info=info)


def _read_info(text: str) -> dict[str, Any]:
    """Return what `info` says, with the fields that the app reads as what they must be."""
    info = read_object(parse_json(text, "info"), "info", {}, _OF_INFO)
    kinds = {"infotexts": TEXT, "all_seeds": WHOLE}
    lists = {key: read_list(info.get(key) or [], key, kind) for key, kind in kinds.items()}
    return {**info, **lists, "extra_generation_params": info.get("extra_generation_params") or {}}


def read_extras(answer: Any) -> Generation:
    """Return the image of an extras answer, which has no info.

    Raises:
        BadAnswerError: if there is none.
    """
    return Generation(images=[decode_image(_field(answer, "image", TEXT))], info={})


def decode_image(text: Any) -> bytes:
    """Return the bytes of a base64 string, with or without a data URI in front.

    Raises:
        BadAnswerError: if it is not base64, or empty.
    """
    if not isinstance(text, str):
        raise BadAnswerError("the WebUI answered with an image that is not a text")
    bare = text.partition(",")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode(bare, validate=True)
    except binascii.Error as error:
        raise BadAnswerError(f"the WebUI returned an image that is not base64: {error}") from error
    if not data:
        raise BadAnswerError("the WebUI answered with an empty image")
    return data


def encode_image(data: bytes) -> str:
    """Return an image as the WebUI takes it."""
    return base64.b64encode(data).decode()


def refusal(status: int, body: bytes) -> WebUIError:
    """Return the error for an answer with an error status, with the WebUI's own words."""
    try:
        answer = parse_json(body, "an error")
    except BadAnswerError:
        answer = None
    if not isinstance(answer, dict):
        return _refusal_without_json(status, body)
    words = answer.get("errors") or answer.get("message") or _detail(answer.get("detail")) or ""
    return WebUIAnswerError(
        status, str(answer.get("error") or "")[:MAX_WORDS], str(words)[:MAX_WORDS]
    )


def was_not_taken(refused: WebUIAnswerError) -> bool:
    """Return whether a generation was refused in the words of a WebUI that is still starting.

    The same words mean something else when it has started.
    """
    is_missing = refused.status == 404 and refused.words == "Not Found"
    return is_missing or (refused.status == 500 and "default_script_arg_" in refused.words)


def _refusal_without_json(status: int, body: bytes) -> WebUIError:
    words = plain_words(body)
    if status in GATEWAY_STATUSES:
        return OutcomeUnknownError(
            f"a proxy in front of the WebUI answered {status}: {words or 'no words'}"
        )
    return WebUIAnswerError(status, "", words)


def _detail(detail: Any) -> str:
    """Return FastAPI's `detail` as words: a text, or one sentence for each refused field."""
    if not isinstance(detail, list):
        return str(detail or "")
    return "; ".join(
        f"{_place(item.get('loc'))}: {item.get('msg')}" for item in detail if isinstance(item, dict)
    )


def _place(loc: Any) -> str:
    return ".".join(map(str, loc)) if isinstance(loc, list) else str(loc or "")


def _field(answer: Any, name: str, kind: Kind) -> Any:
    if not isinstance(answer, dict):
        raise BadAnswerError("the WebUI's answer is not a JSON object")
    if name not in answer:
        raise BadAnswerError(f"the WebUI's answer has no {name}")
    return checked(answer[name], kind, name)
