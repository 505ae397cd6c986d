"""Which exchanges a match means, and how far the others are from it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from fake_webui.contract.endpoint import API
from fake_webui.errors import ControlError
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.index import Kind
from fake_webui.journal.payloads import with_images_described
from fake_webui.journal.summary import in_short
from fake_webui.wording import shown

ABSENT = "<absent>"
OTHER_ROOTS = ("sdapi/", "internal/", "controlnet/", "adetailer/")  # where a slash alone lacks
INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an exchange is not what a match asks for."""

    where: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        got = "absent" if self.got == ABSENT else shown(in_short(self.got))
        return f"{self.where} is {got}, not {shown(in_short(self.expected))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What an exchange must be like; what is None may be anything.

    `payload` is a part of the JSON that must be equal. Objects inside it are parts too, arrays
    must agree item by item, and a dotted key reaches inside.
    """

    path: str | None = None
    method: str | None = None
    mark: str | None = None
    payload: dict[str, Any] | None = None

    def accepts(self, exchange: Exchange) -> bool:
        """Return whether this exchange is meant."""
        return next(self.differences(exchange), None) is None

    def accepts_kind(self, kind: Kind) -> bool:
        """Return whether exchanges of this kind can be meant, whatever they carry."""
        return self.path in (None, kind.path) and self.method in (None, kind.method)

    def differences(self, exchange: Exchange) -> Iterator[Difference]:
        """Yield every place where the exchange differs, the cheap ones first."""
        for name in ("path", "method", "mark"):
            expected, got = getattr(self, name), getattr(exchange, name)
            if expected is not None and expected != got:
                yield Difference(name, expected, got)
        if self.payload is not None:
            yield from payload_differences(self.payload, exchange.payload)

    def as_json(self) -> dict[str, Any]:
        """Return what is asked for, as it would be posted."""
        return {name: value for name in MATCH_KEYS if (value := getattr(self, name)) is not None}


MATCH_KEYS = tuple(field.name for field in fields(Match))


def payload_differences(expected: dict[str, Any], payload: Any) -> Iterator[Difference]:
    """Yield the places where a payload lacks or contradicts what is expected of it."""
    for key, value in expected.items():
        got = with_images_described(reach(payload, key))
        yield from value_differences(value, got, f"payload.{key}")


def value_differences(expected: Any, got: Any, where: str) -> Iterator[Difference]:
    """Yield where `got` differs: objects by the expected keys, arrays item by item."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            yield from value_differences(value, got.get(key, ABSENT), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, value in enumerate(expected):
            yield from value_differences(value, got[index], f"{where}.{index}")
    elif not same(expected, got):
        yield Difference(where, expected, got)


def same(expected: Any, got: Any) -> bool:
    """Compare JSON values: 7 is 7.0, but true is not 1."""
    return bool(expected == got) and isinstance(expected, bool) == isinstance(got, bool)


def reach(value: Any, key: str) -> Any:
    """Return what a key, or a dotted path of keys and indices, leads to; ABSENT if nowhere.

    A path may lead into the description of an image.
    """
    while (found := member(value, key)) is ABSENT:
        first, dot, key = key.partition(".")
        if not dot or (value := member(value, first)) is ABSENT:
            return ABSENT
    return found


def member(value: Any, name: str) -> Any:
    """Return what a JSON value, or the description of an image, has under a name or an index."""
    if isinstance(value, str):
        value = with_images_described(value)
    if isinstance(value, dict):
        return value.get(name, ABSENT)
    if isinstance(value, list) and INDEX.fullmatch(name) and int(name) < len(value):
        return value[int(name)]
    return ABSENT


def parse_match(value: Any, where: str = "match") -> Match:
    """Read a match out of JSON.

    Raises:
        ControlError: 422 with the keys there are, for anything else.
    """
    if not isinstance(value, dict):
        raise ControlError(422, f"{where} must be an object with any of {known(MATCH_KEYS)}")
    if unknown := sorted(set(value) - set(MATCH_KEYS)):
        raise ControlError(
            422, f"{where} has no key {shown(unknown[0])}; it takes {known(MATCH_KEYS)}"
        )
    for key, part in value.items():
        kind, name = (dict, "an object") if key == "payload" else (str, "a string")
        if not isinstance(part, kind):
            raise ControlError(422, f"{where}.{key} must be {name}, not {shown(part)}")
    given = dict(value)
    if "method" in given:
        given["method"] = given["method"].upper()
    if "path" in given:
        given["path"] = whole_path(given["path"])
    return Match(**given)


def whole_path(path: str) -> str:
    """Return a path as it is sent; one without a slash, such as `txt2img`, is under the API's."""
    if path.startswith("/") or not path:
        return path
    return f"/{path}" if path.startswith(OTHER_ROOTS) else f"{API}{path}"


def known(names: Any) -> str:
    """Return names as they are listed in a sentence: `a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else str(last)
