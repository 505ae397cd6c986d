"""What is wrong with a setting, said in one sentence: the key, the value, what is allowed."""

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

LIMITS = {"ge": "from {}", "le": "to {}", "multiple_of": "in steps of {}"}
KINDS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Any: "of any kind",
    dict[str, Any]: 'scripts by their names, each an object with a list "args"',
}

OWN_WORDS = "own_words"
"""The type of errors whose message says all."""

Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the dotted key, and the sentence that says so.

    `is_relation` when it is not the value but what stands beside it, perhaps in another layer.
    """

    key: str
    sentence: str
    is_relation: bool = False


def problem_of(error: ErrorDetails, root: type[BaseModel]) -> Problem:
    """Return what one of pydantic's errors on `root` says."""
    is_relation = error["type"] == "value_error" and _allowed(error["loc"], root) is None
    return Problem(".".join(map(str, error["loc"])), explain(error, root), is_relation)


def explain(error: ErrorDetails, root: type[BaseModel]) -> str:
    """Return the sentence for one of pydantic's errors on `root`."""
    location, dotted = error["loc"], ".".join(map(str, error["loc"]))
    if error["type"] == OWN_WORDS:
        return f"{dotted}: {error['msg']}"
    if error["type"] == "extra_forbidden":
        return f"{dotted}: no such setting; {_hint(location, root)}"
    if error["type"] == "model_type":
        return f"{dotted} is {error['input']!r}; it must be a section with settings of its own"
    if allowed := _allowed(location, root):
        return f"{dotted} is {error['input']!r}; it must be {allowed}"
    said = error["msg"].removeprefix("Value error, ")
    return f"{dotted}: {said}" if dotted else said


def _hint(location: Location, root: type[BaseModel]) -> str:
    known = _model_at(location[:-1], root).model_fields
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {close[0]}?" if close else "there is " + ", ".join(sorted(known))


def _model_at(location: Iterable[int | str], root: type[BaseModel]) -> type[BaseModel]:
    model: Any = root
    for key in location:
        model = model.model_fields[str(key)].annotation
    return model  # type: ignore[no-any-return]  # sections hold models only


def _allowed(location: Location, root: type[BaseModel]) -> str | None:
    """Describe what the field at `location` takes, or None when it is a section."""
    names = [key for key in location if isinstance(key, str)]
    field = _model_at(names[:-1], root).model_fields.get(names[-1]) if names else None
    if field is None or _is_section(field.annotation):
        return None
    if len(names) < len(location):
        return _kind(get_args(field.annotation)[0])
    limits = {key: getattr(m, key) for m in field.metadata for key in LIMITS if hasattr(m, key)}
    return " ".join((_kind(field.annotation), *(LIMITS[k].format(v) for k, v in limits.items())))


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin is types.UnionType:
        return f"{_kind(arguments[0])} or null,"
    if origin is tuple:
        return f"a list of which each is {_kind(arguments[0])}"
    return KINDS.get(annotation, str(annotation))
