"""What SD.Next's endpoints take, made from the table of fields in `data`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from fake_webui.contract import MISSING, Field, Parameters, Table
from fake_webui.contract.coercion import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    FieldType,
    either,
    limited,
    list_of,
)
from fake_webui.data import read_data

FOLDER: Final = "sdnext"
ROOT: Final = "{root}"
SIMPLE: Final = {
    "any": ANYTHING,
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "list": LIST,
    "mapping": MAPPING,
    "number": NUMBER,
    "string": STRING,
}
BOUND: Final = re.compile(r"(>=|<=|>)([0-9.]+)")
BOUNDS: Final = {">=": "ge", "<=": "le", ">": "gt"}


@cache
def table(name: str) -> Table:
    """Return the table of one request by its name."""
    return Table(name, tuple(_fields(name)))


def parameters(name: str) -> Parameters:
    """Return a body whose fields are the parameters of a function."""
    return Parameters(name, tuple(_fields(name)))


def query(*rows: tuple[Any, ...]) -> Table:
    """Return a query string's table: rows of name, kind and default, if there is one."""
    return Table("query", tuple(_field(*row) for row in rows))


def placed(value: Any, root: str) -> Any:
    """Return a table with the WebUI's folder in its texts."""
    if isinstance(value, list):
        return [placed(one, root) for one in value]
    if isinstance(value, dict):
        return {key: placed(one, root) for key, one in value.items()}
    return value.replace(ROOT, root) if isinstance(value, str) else value


def _fields(name: str) -> Iterator[Field]:
    for row in read_data("fields", FOLDER)[name]:
        yield _field(*row)


def _field(name: str, kind: str, default: Any = MISSING) -> Field:
    nullable = kind.endswith("?")
    required_list = kind == "list" and default is None
    return Field(
        name, _type(kind.removesuffix("?")), [] if required_list else default, nullable=nullable
    )


def _type(kind: str) -> FieldType:
    if kind in SIMPLE:
        return SIMPLE[kind]
    if "|" in kind:
        return either(*(_type(member) for member in kind.split("|")))
    if kind.startswith("list:"):
        return list_of(_type(kind.removeprefix("list:")))
    if bounds := BOUND.findall(kind):
        base = _type(BOUND.sub("", kind))
        return limited(base, **{BOUNDS[sign]: float(bound) for sign, bound in bounds})
    return table(kind)
