"""Requests read by the rules of pydantic 2: the types and tables of pydantic v1, translated.

The rules know neither place nor version: each takes a value and returns the coerced one or raises
a `RefusalError`. `Pydantic2` makes them into types that answer as the real server does.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fake_webui.contract.coercion import FieldType, Location, PlainType
from fake_webui.contract.table import Field, Parameters, Table
from fake_webui.errors import FakeWebUIError, InvalidRequestError

DOCUMENTATION: Final = "https://errors.pydantic.dev/{version}/v/{kind}"
MESSAGES: Final = {
    "missing": "Field required",
    "json_invalid": "JSON decode error",
    "string_type": "Input should be a valid string",
    "string_unicode": (
        "Input should be a valid string, unable to parse raw data as a unicode string"
    ),
    "int_type": "Input should be a valid integer",
    "int_parsing": "Input should be a valid integer, unable to parse string as an integer",
    "int_parsing_size": ("Unable to parse input string as an integer, exceeded maximum size"),
    "int_from_float": "Input should be a valid integer, got a number with a fractional part",
    "finite_number": "Input should be a finite number",
    "float_type": "Input should be a valid number",
    "float_parsing": "Input should be a valid number, unable to parse string as a number",
    "bool_type": "Input should be a valid boolean",
    "bool_parsing": "Input should be a valid boolean, unable to interpret input",
    "list_type": "Input should be a valid list",
    "dict_type": "Input should be a valid dictionary",
    "model_attributes_type": (
        "Input should be a valid dictionary or object to extract fields from"
    ),
    "greater_than": "Input should be greater than {gt}",
    "greater_than_equal": "Input should be greater than or equal to {ge}",
    "less_than_equal": "Input should be less than or equal to {le}",
    "literal_error": "Input should be {expected}",
    "is_instance_of": "Input should be an instance of {class}",
    "union_tag_not_found": "Unable to extract tag using discriminator {discriminator}",
    "union_tag_invalid": (
        "Input tag '{tag}' found using {discriminator} does not match any of the expected tags: "
        "{expected_tags}"
    ),
}
BOOLEAN_WORDS: Final = {
    **dict.fromkeys(("1", "on", "t", "true", "y", "yes"), True),
    **dict.fromkeys(("0", "off", "f", "false", "n", "no"), False),
}
INTEGER_TEXT: Final = re.compile(r"[+-]?[0-9]+(_[0-9]+)*(\.0*)?")
NUMBER_TEXT: Final = re.compile(
    r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?|nan)", re.IGNORECASE
)
MOST_DIGITS: Final = 4300
BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, float], bool]], ...]] = (
    ("le", "less_than_equal", lambda value, bound: value <= bound),
    ("ge", "greater_than_equal", lambda value, bound: value >= bound),
    ("gt", "greater_than", lambda value, bound: value > bound),
)
Rule = Callable[[Any], Any]


class RefusalError(FakeWebUIError):
    """A value does not fit: the kind of mistake, and what its message names."""

    def __init__(self, kind: str, **context: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.context = context


def to_string(value: Any) -> str:
    """Accept text alone."""
    if not isinstance(value, str):
        raise RefusalError("string_type")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RefusalError("string_unicode") from None
    return value


def to_integer(value: Any) -> int:
    """Accept whole numbers, true and false, and text that is a whole number."""
    if isinstance(value, str):
        return _parse_integer(value.strip())
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RefusalError("finite_number")
        if not value.is_integer():
            raise RefusalError("int_from_float")
    elif not isinstance(value, int):
        raise RefusalError("int_type")
    return int(value)


def _parse_integer(text: str) -> int:
    if not INTEGER_TEXT.fullmatch(text):
        raise RefusalError("int_parsing")
    if len(text) > MOST_DIGITS:
        raise RefusalError("int_parsing_size")
    return int(text.partition(".")[0])


def to_number(value: Any) -> float:
    """Accept numbers, true and false, and text that is a number, NaN and the infinities too."""
    if isinstance(value, str):
        if not NUMBER_TEXT.fullmatch(value.strip()):
            raise RefusalError("float_parsing")
    elif not isinstance(value, (int, float)):
        raise RefusalError("float_type")
    try:
        return float(value)
    except OverflowError:
        raise RefusalError("float_type") from None


def to_boolean(value: Any) -> bool:
    """Accept true, false, 1, 0 and the usual words for them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and not value.is_integer():
        raise RefusalError("bool_type")
    if not isinstance(value, (str, int, float)):
        raise RefusalError("bool_type")
    word = value.lower() if isinstance(value, str) else str(int(value))
    if word not in BOOLEAN_WORDS:
        raise RefusalError("bool_parsing")
    return BOOLEAN_WORDS[word]


def to_list(value: Any) -> list[Any]:
    """Accept lists alone."""
    if not isinstance(value, list):
        raise RefusalError("list_type")
    return value


def to_mapping(value: Any) -> dict[Any, Any]:
    """Accept objects alone."""
    if not isinstance(value, dict):
        raise RefusalError("dict_type")
    return value


def to_image(_: Any) -> Any:
    """Accept no JSON at all, where only an open image would do."""
    raise RefusalError("is_instance_of", **{"class": "Image"})


def to_anything(value: Any) -> Any:
    """Accept the value as it is."""
    return value


RULES: Final[Mapping[str, Rule]] = {
    "string": to_string,
    "integer": to_integer,
    "number": to_number,
    "boolean": to_boolean,
    "list": to_list,
    "mapping": to_mapping,
    "mapping_of": to_mapping,
    "image": to_image,
    "anything": to_anything,
}
EXACT: Final[Mapping[str, type]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "list": list,
    "list_of": list,
    "mapping": dict,
}
UNION_NAMES: Final[Mapping[str, str]] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list[any]",
    "mapping": "dict[any,any]",
}


@dataclass(frozen=True, slots=True)
class Pydantic2:
    """Translates types and tables; its mistakes name the documentation of a `version`, if given."""

    version: str | None = None

    def missing(self, loc: Location) -> InvalidRequestError:
        """Return the error for a required value that is not there."""
        return self.mistake("missing", loc, None)

    def syntax(self, error: json.JSONDecodeError) -> dict[str, Any]:
        """Describe malformed JSON."""
        loc: Location = ("body", error.pos)
        described = self.mistake("json_invalid", loc, {}, error=error.msg).details[0]
        described.pop("url", None)
        return described

    def mistake(self, kind: str, loc: Location, given: Any, **context: Any) -> InvalidRequestError:
        """Return the error for one value, `given`."""
        if isinstance(given, bytes):
            given = given.decode(errors="replace")
        message = MESSAGES[kind].format(**context)
        detail = {"type": kind, "loc": list(loc), "msg": message, "input": given}
        if context:
            detail["ctx"] = {name: _limit(value) for name, value in context.items()}
        if self.version:
            detail["url"] = DOCUMENTATION.format(version=self.version, kind=kind)
        return InvalidRequestError([detail])

    def table(self, table: Table) -> Table:
        """Return the table that reads in this dialect."""
        kind = _ParametersOf2 if isinstance(table, Parameters) else _TableOf2
        fields = tuple(
            _FieldOf2(
                one.name, self.type(one.type), one.default, one.nullable, one.title, one.always
            )
            for one in table.fields
        )
        return kind(table.name, fields, self, module=table.module)

    def type(self, kind: FieldType) -> FieldType:
        """Return the type that reads in this dialect."""
        if isinstance(kind, Table):
            return self.table(kind)
        if not isinstance(kind, PlainType):
            return kind
        of = tuple(self.type(one) for one in kind.of)
        found = {name: one for part in of for name, one in part.definitions.items()}
        kind = replace(kind, of=of, definitions=found or kind.definitions)
        makers = {
            "limited": self._limited,
            "one_of": self._one_of,
            "list_of": self._list_of,
            "either": self._either,
        }
        coerce = makers.get(kind.kind, self._plain)(kind)
        return replace(kind, coerce=coerce)

    def _plain(self, kind: PlainType) -> Callable[[Any, Location], Any]:
        return self._located(RULES[kind.kind])

    def _located(self, rule: Rule) -> Callable[[Any, Location], Any]:
        def coerce(value: Any, loc: Location) -> Any:
            try:
                return rule(value)
            except RefusalError as refusal:
                raise self.mistake(refusal.kind, loc, value, **refusal.context) from None

        return coerce

    def _limited(self, kind: PlainType) -> Callable[[Any, Location], Any]:
        (base,) = kind.of

        def coerce(value: Any, loc: Location) -> Any:
            number = base.coerce(value, loc)
            for name, mistake, holds in BOUNDS:
                if name in kind.bounds and not holds(number, kind.bounds[name]):
                    bound = type(number)(kind.bounds[name])
                    raise self.mistake(mistake, loc, value, **{name: _Bound(bound)})
            return number

        return coerce

    def _one_of(self, kind: PlainType) -> Callable[[Any, Location], Any]:
        *first, last = map(repr, kind.choices)
        expected = f"{', '.join(first)} or {last}" if first else last

        def rule(value: Any) -> Any:
            if isinstance(value, (int, str)) and not isinstance(value, bool):
                for choice in kind.choices:
                    if value == choice:
                        return choice
            raise RefusalError("literal_error", expected=expected)

        return self._located(rule)

    def _list_of(self, kind: PlainType) -> Callable[[Any, Location], Any]:
        (item,) = kind.of
        to_entries = self._located(to_list)

        def coerce(value: Any, loc: Location) -> list[Any]:
            items, details = [], []
            for index, entry in enumerate(to_entries(value, loc)):
                try:
                    items.append(item.coerce(entry, (*loc, index)))
                except InvalidRequestError as error:
                    details.extend(error.details)
            if details:
                raise InvalidRequestError(details)
            return items

        return coerce

    def _either(self, kind: PlainType) -> Callable[[Any, Location], Any]:
        """Return the reading of a union: the member of the very type, else the first that fits."""
        members = [(one, getattr(one, "kind", "anything")) for one in kind.of]

        def coerce(value: Any, loc: Location) -> Any:
            details = []
            for member, name in sorted(members, key=lambda one: type(value) is not EXACT[one[1]]):
                try:
                    return member.coerce(value, (*loc, UNION_NAMES[name]))
                except InvalidRequestError as error:
                    details.extend(error.details)
            raise InvalidRequestError(details)

        return coerce


@dataclass(frozen=True)
class _FieldOf2(Field):
    """A field whose JSON schema is pydantic 2's: it says where null is allowed."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the field."""
        shape = super().schema
        own = {key: value for key, value in shape.items() if key not in ("title", "default")}
        if own.get("exclusiveMinimum") is True:
            own["exclusiveMinimum"] = own.pop("minimum")
        if self.accepts_null:
            own = {"anyOf": [*own.get("anyOf", [own]), {"type": "null"}]}
        return own | {key: shape[key] for key in ("title", "default") if key in shape}


@dataclass(frozen=True)
class _TableOf2(Table):
    """A table that reads in pydantic 2's way; a missing field shows the object it is not in."""

    dialect: Pydantic2

    @property
    def required_names(self) -> list[str]:
        return [field.name for field in self.fields if field.required or field.always]

    def missing(self, loc: Location, given: Any) -> InvalidRequestError:
        return self.dialect.mistake("missing", loc, None if loc[0] == "query" else given)

    def to_object(self, value: Any, loc: Location) -> Mapping[Any, Any]:
        if not isinstance(value, dict):
            raise self.dialect.mistake("model_attributes_type", loc, value)
        return value

    def coerce_field(self, field: Field, value: Any, loc: Location) -> Any:
        return field.type.coerce(value, loc)


@dataclass(frozen=True)
class _ParametersOf2(Parameters):
    """A body that is read one by one, in pydantic 2's way."""

    dialect: Pydantic2

    def missing(self, loc: Location, _given: Any) -> InvalidRequestError:
        return self.dialect.mistake("missing", loc, None)

    def coerce_field(self, field: Field, value: Any, loc: Location) -> Any:
        return field.type.coerce(value, loc)


class _Bound:
    """A limit: written without a needless fraction in the message, as a number in the context."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __str__(self) -> str:
        return f"{self.value:g}"


def _limit(value: Any) -> Any:
    return value.value if isinstance(value, _Bound) else value
