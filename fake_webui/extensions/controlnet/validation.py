"""Mistakes as pydantic v1 words them in an exception, and the field types that ControlNet has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fake_webui.contract.coercion import NUMBER, FieldType, Location, PlainType, mistake
from fake_webui.errors import HandlerError, InvalidRequestError


@dataclass(frozen=True, slots=True)
class Choices:
    """A closed set of texts: its name in errors, and its members with their values."""

    name: str
    members: Mapping[str, str]


@dataclass(slots=True)
class Mistakes:
    """What is wrong with one value of the class `model`, all at once."""

    model: str
    lines: list[str] = field(default_factory=list)

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Note what goes wrong inside, at this field."""
        try:
            yield
        except InvalidRequestError as error:
            for detail in error.details:
                where = " -> ".join(map(str, detail["loc"])) or place
                self._note(where, detail["msg"], detail["type"], detail.get("ctx", {}))
        except AssertionError as error:
            self._note(place, str(error), "assertion_error")
        except (ValueError, TypeError) as error:
            kind = "type_error" if isinstance(error, TypeError) else "value_error"
            self._note(place, str(error), kind)

    def _note(
        self, where: str, message: str, kind: str, context: Mapping[str, Any] | None = None
    ) -> None:
        facts = "".join(f"; {name}={value}" for name, value in (context or {}).items())
        self.lines.append(f"{where}\n  {message} (type={kind}{facts})")

    def raise_any(self) -> None:
        """Refuse what was noted.

        Raises:
            HandlerError: ValidationError, if there was anything.
        """
        if self.lines:
            plural = "s" * (len(self.lines) > 1)
            head = f"{len(self.lines)} validation error{plural} for {self.model}"
            raise HandlerError("ValidationError", "\n".join([head, *self.lines]))


def bounded(least: float, most: float) -> FieldType:
    """Return the type of numbers from `least` to `most`."""

    def coerce(value: Any, loc: Location) -> float:
        number: float = NUMBER.coerce(value, loc)
        if not number >= least:
            message = f"ensure this value is greater than or equal to {least}"
            raise mistake(loc, message, "value_error.number.not_ge", limit_value=least)
        if not number <= most:
            message = f"ensure this value is less than or equal to {most}"
            raise mistake(loc, message, "value_error.number.not_le", limit_value=most)
        return number

    return PlainType(coerce, {"type": "number", "minimum": least, "maximum": most})


def choice_of(choices: Choices) -> FieldType:
    """Return the type whose values are those of `choices`."""

    def coerce(value: Any, loc: Location) -> Any:
        if value in list(choices.members.values()):
            return value
        permitted = ", ".join(repr(one) for one in choices.members.values())
        members = [f"<{choices.name}.{name}: {text!r}>" for name, text in choices.members.items()]
        raise mistake(
            loc,
            f"value is not a valid enumeration member; permitted: {permitted}",
            "type_error.enum",
            enum_values=f"[{', '.join(members)}]",
        )

    return PlainType(coerce, {"type": "string", "enum": list(choices.members.values())})
