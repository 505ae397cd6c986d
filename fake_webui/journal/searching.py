"""Looking for words in what was sent."""

import json
import re
from collections.abc import Sequence

from fake_webui.journal.exchange import Exchange
from fake_webui.journal.payloads import shown_text, with_images_described

IN_BODY = re.compile(r"[a-z0-9]+")
ESCAPE = b"\\"


def has_words(exchange: Exchange, words: Sequence[str]) -> bool:
    """Return whether each of these words, in lower case, is in the request or its outcome.

    The bytes of images are not words.
    """
    outline = outline_of(exchange)
    missing = [word for word in words if word not in outline]
    if not missing:
        return True
    if not all(may_have(exchange.body, word) for word in missing):
        return False
    text = text_of(exchange)
    return all(word in text for word in missing)


def outline_of(exchange: Exchange) -> str:
    """Return what a row of the list shows, in lower case."""
    status = "" if exchange.status is None else exchange.status
    outcome = f"{status} {exchange.fault or ''} {exchange.mark or ''}"
    return f"{exchange.method} {exchange.path} {outcome}".lower()


def may_have(body: bytes, word: str) -> bool:
    """Return whether a look into a body is worth its time.

    Only letters and digits stand in a body as they are meant, and only where nothing is escaped.
    """
    if ESCAPE in body or not word.isascii():
        return True
    text = body.lower()
    return all(part.encode() in text for part in IN_BODY.findall(word))


def text_of(exchange: Exchange) -> str:
    """Return a payload as text, in lower case."""
    if text := shown_text(exchange.body):
        return text.lower()
    described = with_images_described(exchange.payload)
    return json.dumps(described, ensure_ascii=False).lower()
