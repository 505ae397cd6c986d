"""What the WebUI's answers hold: images, info, and its words when it refuses."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import BadAnswerError, OutcomeUnknownError, WebUIAnswerError, WebUIError

GATEWAY_STATUSES = frozenset({502, 503, 504, 520, 522, 524})
"""What a proxy says for a server behind it, which may be working on the request all the same."""

MAX_WORDS = 500
_MARKUP = re.compile(r"<(?:head|style|script)\b.*?</(?:head|style|script)>|<[^>]*>", re.DOTALL)


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
    images = _field(answer, "images", list)
    if not images:
        raise BadAnswerError("the WebUI answered without an image")
    try:
        info = json.loads(_field(answer, "info", str))
    except ValueError as error:
        raise BadAnswerError(f"the info of the WebUI's answer is not JSON: {error}") from error
    if not isinstance(info, dict):
        raise BadAnswerError("the info of the WebUI's answer is not a JSON object")
    decoded = [decode_image(image) for image in images]
    return Generation(images=decoded[info.get("index_of_first_image", 0) :], info=info)


def read_extras(answer: Any) -> Generation:
    """Return the image of an extras answer, which has no info.

    Raises:
        BadAnswerError: if there is none.
    """
    return Generation(images=[decode_image(_field(answer, "image", str))], info={})


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
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return _refusal_without_json(status, body)
    words = answer.get("errors") or _detail(answer.get("detail")) or ""
    return WebUIAnswerError(status, str(answer.get("error") or ""), str(words)[:MAX_WORDS])


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


def plain_words(body: bytes) -> str:
    """Return a body as one line that can be shown: no markup, nothing unprintable, not too long."""
    text = _MARKUP.sub(" ", body[: 4 * MAX_WORDS].decode("utf-8", "backslashreplace"))
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_WORDS]


def _detail(detail: Any) -> str:
    """Return FastAPI's `detail` as words: a text, or one sentence for each refused field."""
    if not isinstance(detail, list):
        return str(detail or "")
    return "; ".join(
        f"{'.'.join(map(str, item.get('loc', ())))}: {item.get('msg')}"
        for item in detail
        if isinstance(item, dict)
    )


def _field(answer: Any, name: str, kind: type) -> Any:
    if not isinstance(answer, dict):
        raise BadAnswerError("the WebUI's answer is not a JSON object")
    if not isinstance(answer.get(name), kind):
        raise BadAnswerError(f"the WebUI's answer has no {name}")
    return answer[name]
