"""Turning JSON values into field values by the rules of pydantic v1.

Each function takes the value and its location and returns the coerced value.

Raises:
    InvalidRequestError: with the location, message and type that pydantic v1 would give.
    HandlerError: where pydantic v1 itself breaks down.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from fake_webui.errors import HandlerError, InvalidRequestError

Location = tuple[str | int, ...]
Coerce = Callable[[Any, Location], Any]

TRUE_WORDS = frozenset([1, "1", "on", "t", "true", "y", "yes"])
FALSE_WORDS = frozenset([0, "0", "off", "f", "false", "n", "no"])


class FieldType(Protocol):
    """A type of field or answer: how values become it, and its JSON schema."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema."""

    @property
    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        """The JSON schemas of the tables that the schema refers to, by name."""

    @property
    def coerce(self) -> Coerce:
        """The function that turns a value into one of this type."""


@dataclass(frozen=True)
class PlainType:
    """A type that is not a table.

    `kind` is its name where other dialects have a rule of their own for it, `of` the types that
    it is made of, `bounds` and `choices` what its values are limited to.
    """

    coerce: Coerce
    schema: Mapping[str, Any]
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kind: str = "anything"
    of: tuple[FieldType, ...] = ()
    bounds: Mapping[str, float] = field(default_factory=dict)
    choices: tuple[int | str, ...] = ()


def mistake(loc: Location, message: str, kind: str, **context: Any) -> InvalidRequestError:
    """Return the error for one value; `context` holds the limits it broke."""
    detail = {"loc": list(loc), "msg": message, "type": kind}
    return InvalidRequestError([detail | ({"ctx": context} if context else {})])


def missing(loc: Location) -> InvalidRequestError:
    """Return the error for a required value that is not there."""
    return mistake(loc, "field required", "value_error.missing")


def not_null(loc: Location) -> InvalidRequestError:
    """Return the error for a null where none is allowed."""
    return mistake(loc, "none is not an allowed value", "type_error.none.not_allowed")


def to_string(value: Any, loc: Location) -> str:
    """Accept text and numbers, `True` becomes "True"."""
    if isinstance(value, (str, int, float)):
        return str(value)
    raise mistake(loc, "str type expected", "type_error.str")


def to_integer(value: Any, loc: Location) -> int:
    """Accept numbers and numeric text; fractions are cut off."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise mistake(loc, "value is not a valid integer", "type_error.integer") from None


def to_number(value: Any, loc: Location) -> float:
    """Accept numbers and numeric text, NaN and the infinities too."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise mistake(loc, "value is not a valid float", "type_error.float") from None
    except OverflowError as error:
        raise HandlerError("OverflowError", str(error)) from None


def to_boolean(value: Any, loc: Location) -> bool:
    """Accept true, false, 1, 0 and the usual words for them."""
    word = value.lower() if isinstance(value, str) else value
    if not isinstance(word, (list, dict)):
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
    raise mistake(loc, "value could not be parsed to a boolean", "type_error.bool")


def to_mapping(value: Any, loc: Location) -> dict[Any, Any]:
    """Accept objects and whatever else makes a dict, such as a list of pairs."""
    try:
        return value if isinstance(value, dict) else dict(value)
    except (TypeError, ValueError):
        raise mistake(loc, "value is not a valid dict", "type_error.dict") from None


def to_list(value: Any, loc: Location) -> list[Any]:
    """Accept lists alone."""
    if isinstance(value, list):
        return value
    raise mistake(loc, "value is not a valid list", "type_error.list")


def to_anything(value: Any, loc: Location) -> Any:  # noqa: ARG001 - every coercion has a location
    """Accept the value as it is."""
    return value


STRING = PlainType(to_string, {"type": "string"}, kind="string")
PATH = PlainType(to_string, {"type": "string"}, kind="string")  # slashes too
INTEGER = PlainType(to_integer, {"type": "integer"}, kind="integer")
NUMBER = PlainType(to_number, {"type": "number"}, kind="number")
BOOLEAN = PlainType(to_boolean, {"type": "boolean"}, kind="boolean")
MAPPING = PlainType(to_mapping, {"type": "object"}, kind="mapping")
LIST = PlainType(to_list, {"type": "array", "items": {}}, kind="list")
ANYTHING = PlainType(to_anything, {})


@dataclass(frozen=True)
class _Limit:
    """A comparison with a bound: its test, its name in errors and its JSON schema keywords."""

    holds: Callable[[float, float], bool]
    words: str
    kind: str
    keywords: Callable[[float], Mapping[str, Any]]


_LIMITS = {
    "gt": _Limit(
        float.__gt__,
        "greater than",
        "not_gt",
        lambda bound: {"exclusiveMinimum": float(bound)},
    ),
    "ge": _Limit(
        float.__ge__, "greater than or equal to", "not_ge", lambda bound: {"minimum": float(bound)}
    ),
    "le": _Limit(
        float.__le__, "less than or equal to", "not_le", lambda bound: {"maximum": float(bound)}
    ),
}


def limited(base: FieldType, **bounds: float) -> FieldType:
    """Return `base` with bounds: `gt`, `ge` and `le`, checked in that order."""

    def coerce(value: Any, loc: Location) -> Any:
        number = base.coerce(value, loc)
        for name, bound in bounds.items():
            limit = _LIMITS[name]
            if not limit.holds(float(number), float(bound)):
                raise _out_of_bounds(loc, limit, bound)
        return number

    schema = dict(base.schema)
    for name, bound in bounds.items():
        schema |= _LIMITS[name].keywords(bound)
    return PlainType(coerce, schema, kind="limited", of=(base,), bounds=bounds)


def _out_of_bounds(loc: Location, limit: _Limit, bound: float) -> InvalidRequestError:
    return mistake(
        loc,
        f"ensure this value is {limit.words} {bound}",
        f"value_error.number.{limit.kind}",
        limit_value=bound,
    )


def matching(pattern: str) -> FieldType:
    """Return the type of texts that begin with what `pattern` matches."""

    def coerce(value: Any, loc: Location) -> str:
        text = to_string(value, loc)
        if re.match(pattern, text):
            return text
        message = f'string does not match regex "{pattern}"'
        raise mistake(loc, message, "value_error.str.regex", pattern=pattern)

    return PlainType(coerce, {"type": "string", "pattern": pattern})


def titled(base: PlainType, title: str) -> FieldType:
    """Return `base` with a title in its schema."""
    return replace(base, schema={"title": title, **base.schema})


def one_of(*choices: int) -> FieldType:
    """Return the type whose values are `choices`; 1.0 and true count as 1."""

    def coerce(value: Any, loc: Location) -> Any:
        if not isinstance(value, (list, dict)):
            for choice in choices:
                if value == choice:
                    return choice
        permitted = ", ".join(map(repr, choices))
        raise mistake(
            loc,
            f"unexpected value; permitted: {permitted}",
            "value_error.const",
            given=value,
            permitted=list(choices),
        )

    schema = {"type": "integer", "enum": list(choices)}
    return PlainType(coerce, schema, kind="one_of", choices=choices)


def list_of(item: FieldType) -> FieldType:
    """Return the type of lists whose every item is of type `item`; all mistakes are reported."""

    def coerce(value: Any, loc: Location) -> list[Any]:
        items, details = [], []
        for index, entry in enumerate(to_list(value, loc)):
            try:
                items.append(coerce_required(item, entry, (*loc, index)))
            except InvalidRequestError as error:
                details.extend(error.details)
        if details:
            raise InvalidRequestError(details)
        return items

    schema = {"type": "array", "items": dict(item.schema)}
    return PlainType(coerce, schema, item.definitions, kind="list_of", of=(item,))


FILES = list_of(PlainType(to_anything, {"type": "string", "format": "binary"}))


def mapping_of(item: FieldType) -> FieldType:
    """Return the type of objects whose values are of type `item`, as answers have them."""
    schema = {"type": "object", "additionalProperties": dict(item.schema)}
    return PlainType(to_mapping, schema, item.definitions, kind="mapping_of", of=(item,))


def either(*members: FieldType) -> FieldType:
    """Return the type whose values are of one of the types `members`, the first that takes it."""

    def coerce(value: Any, loc: Location) -> Any:
        details = []
        for member in members:
            try:
                return member.coerce(value, loc)
            except InvalidRequestError as error:
                details.extend(error.details)
        raise InvalidRequestError(details)

    definitions = {name: shape for one in members for name, shape in one.definitions.items()}
    schema = {"anyOf": [dict(one.schema) for one in members]}
    return PlainType(coerce, schema, definitions, kind="either", of=members)


def type_of_option(default: Any) -> FieldType | None:
    """Return the type that an option is read as, None where its default says nothing."""
    if not default:
        return None
    kinds = {bool: BOOLEAN, int: NUMBER, float: NUMBER, str: STRING, list: LIST}
    return kinds[type(default)]


def coerce_required(item: FieldType, value: Any, loc: Location) -> Any:
    """Coerce a value that may not be null, unless its type takes anything."""
    if value is None and item is not ANYTHING:
        raise not_null(loc)
    return item.coerce(value, loc)
