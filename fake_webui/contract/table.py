"""A table of fields for each endpoint, and requests read by it."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, Final

from fake_webui.contract.body import MISSING
from fake_webui.contract.coercion import FieldType, Location, missing, not_null, to_mapping
from fake_webui.errors import InvalidRequestError

SCHEMAS: Final = "#/components/schemas/"  # where an OpenAPI document has its schemas


@dataclass(frozen=True)
class Field:
    """One field: a `default` of MISSING makes it required; a null default makes it nullable.

    `always` is what pydantic 2 says of a field of an answer that may be null and is never left out.
    """

    name: str
    type: FieldType
    default: Any = MISSING
    nullable: bool = False
    title: str | None = None
    always: bool = False

    @property
    def required(self) -> bool:
        """Whether a request without this field is refused."""
        return self.default is MISSING

    @property
    def accepts_null(self) -> bool:
        """Whether null passes validation."""
        return self.nullable or self.default is None

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the field; pydantic v1 says there nothing of nulls."""
        shape = dict(self.type.schema)
        if "$ref" in shape:
            return shape
        shape = {"title": self.title or title_of(self.name), **shape}
        if self.default is not MISSING and self.default is not None:
            shape["default"] = self.default
        return shape


def title_of(name: str) -> str:
    """Return the title that JSON schemas give to a name."""
    return name.replace("_", " ").replace("-", " ").title()


@dataclass(frozen=True)
class Parsed:
    """A request that fits its table.

    `values` has every field of the table in its order, defaults filled in; `given` names the
    fields that the request set; `unknown` those that it set and the table does not have.
    """

    values: dict[str, Any]
    given: frozenset[str]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The fields of one request body or query string, in the order they are echoed.

    `module` is that of the real server's class where two of them have one name.
    """

    name: str
    fields: tuple[Field, ...]
    _: KW_ONLY
    module: str = ""

    @property
    def key(self) -> str:
        """The name under which a document that has both such classes keeps this one."""
        return f"{self.module}.{self.name}".replace(".", "__") if self.module else self.name

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all fields."""
        return frozenset(field.name for field in self.fields)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where each field stands."""
        return {field.name: place for place, field in enumerate(self.fields)}

    @cached_property
    def _required(self) -> frozenset[str]:
        """The names of the fields that have to be given."""
        return frozenset(field.name for field in self.fields if field.required)

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        """What a request of nothing is read as, in the order of the fields."""
        return {field.name: field.default for field in self.fields}

    @cached_property
    def _shared(self) -> dict[str, Any]:
        """The defaults of which each request gets a copy of its own."""
        return {k: one for k, one in self._defaults.items() if isinstance(one, (list, dict))}

    @property
    def required_names(self) -> list[str]:
        """The names of the fields that the JSON schema calls required."""
        return [field.name for field in self.fields if field.required]

    def read_body(self, value: Any) -> Parsed:
        """Read a decoded body.

        Raises:
            InvalidRequestError: if it does not fit.
        """
        if value is MISSING or value is None:
            raise self.missing(("body",), None)
        return self.read(self.to_object(value, ("body",)), ("body",))

    def missing(self, loc: Location, _given: Any) -> InvalidRequestError:
        """Return the error for what has to be at `loc` and is not, in what was given."""
        return missing(loc)

    def to_object(self, value: Any, loc: Location) -> Mapping[Any, Any]:
        """Return a value as an object with fields.

        Raises:
            InvalidRequestError: if it is none.
        """
        return to_mapping(value, loc)

    def read_field(self, field: Field, values: Mapping[str, Any], loc: Location) -> Any:
        """Return the value of one field, or its default.

        Raises:
            InvalidRequestError: if it does not fit.
        """
        value = values.get(field.name, MISSING)
        if value is MISSING:
            if field.required:
                raise self.missing(loc, values)
            is_shared = isinstance(field.default, (list, dict))
            return field.default.copy() if is_shared else field.default
        if value is None and field.accepts_null:
            return None
        return self.coerce_field(field, value, loc)

    def coerce_field(self, field: Field, value: Any, loc: Location) -> Any:
        """Coerce a value that is there, and is not a null that the field accepts.

        Raises:
            InvalidRequestError: if it does not fit.
        """
        if value is None:
            raise not_null(loc)
        return field.type.coerce(value, loc)

    def read(self, values: Mapping[str, Any], loc: Location) -> Parsed:
        """Coerce `values` field by field.

        Raises:
            InvalidRequestError: with every mistake, in the order of the fields.
        """
        given, details = self.names & values.keys(), []
        read = self._defaults | {name: one.copy() for name, one in self._shared.items()}
        for name in sorted(given | self._required, key=self._places.__getitem__):
            field = self.fields[self._places[name]]
            try:
                read[name] = self.read_field(field, values, (*loc, name))
            except InvalidRequestError as error:
                details.extend(error.details)
        if details:
            raise InvalidRequestError(details)
        return Parsed(read, given, _unknown(values, self.names))

    def row(self, source: object) -> dict[str, Any]:
        """Return the values that an object has under the names of the fields, None for others."""
        return {field.name: getattr(source, field.name, None) for field in self.fields}

    def coerce(self, value: Any, loc: Location) -> dict[str, Any]:
        """Read a value where this table is the type of a field in another."""
        return self.read(self.to_object(value, loc), loc).values

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema: a reference to the definition."""
        return {"$ref": f"{SCHEMAS}{self.key}"}

    @cached_property
    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        """The JSON schemas of this table and of those that its fields refer to, by name."""
        found = {self.key: self._definition()}
        for field in self.fields:
            found |= field.type.definitions
        return found

    def _definition(self) -> Mapping[str, Any]:
        definition: dict[str, Any] = {"title": self.name, "type": "object"}
        if required := self.required_names:
            definition["required"] = required
        return definition | {"properties": {field.name: field.schema for field in self.fields}}


@dataclass(frozen=True)
class Parameters(Table):
    """The fields of a body that the real server reads one by one, as parameters of a function.

    The body may be left out, null stands for a default, and a single parameter is the whole body.
    """

    def read_body(self, value: Any) -> Parsed:
        """Read a decoded body.

        Raises:
            InvalidRequestError: if it does not fit.
        """
        if self._is_whole:
            return self._read_whole(value)
        if value is MISSING or value is None:
            value = {}
        if not isinstance(value, dict):
            raise InvalidRequestError(
                [one for f in self.fields for one in self.missing(("body", f.name), None).details]
            )
        given = {name: one for name, one in value.items() if one is not None}
        return self.read(given, ("body",))

    def _read_whole(self, value: Any) -> Parsed:
        (field,) = self.fields
        values = {} if value is MISSING or value is None else {field.name: value}
        return Parsed({field.name: self.read_field(field, values, ("body",))}, frozenset(values))

    @property
    def _is_whole(self) -> bool:
        return len(self.fields) == 1

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema: that of the single field, or a reference to the definition."""
        return self.fields[0].schema if self._is_whole else super().schema

    @cached_property
    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        """The JSON schemas of what the schema refers to, by name."""
        return self.fields[0].type.definitions if self._is_whole else super().definitions


def parse_query(table: Table, query: Mapping[str, str]) -> Parsed:
    """Read a query string, the last value of each name, by its table.

    Raises:
        InvalidRequestError: if it does not fit.
    """
    return table.read(query, ("query",))


def _unknown(values: Iterable[Any], names: frozenset[str]) -> tuple[str, ...]:
    return tuple(str(name) for name in values if name not in names)
