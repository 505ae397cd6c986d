"""The shape of a pack's `.json`, older spellings included; anything else in it is an error."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from app.planning.packs.definitions import parse_definitions, split_values
from app.planning.packs.model import Mode, Slot

_MODES = {
    "grid": Mode.FANOUT,
    "all": Mode.FANOUT,
    "round_robin": Mode.SEQUENTIAL,
    "per_prompt": Mode.RANDOM,
}


def _texts(value: Any) -> Any:
    """Read `a | b` as a list, and numbers in a list as texts."""
    if isinstance(value, str):
        return split_values(value)
    if isinstance(value, list):
        return [str(v) if isinstance(v, int | float) else v for v in value]
    return value


def _mode(value: Any) -> Any:
    name = value.lower() if isinstance(value, str) else value
    return _MODES.get(name, name) if isinstance(name, str) else name


def _named(value: Any) -> Any:
    """Read "x", "x:0.8" and ["x", 0.8] as name and weight."""
    if isinstance(value, str):
        name, _, weight = value.partition(":")
        return {"name": name, "weight": weight or None}
    if isinstance(value, list) and 1 <= len(value) <= 2:
        return dict(zip(("name", "weight"), value, strict=False))
    return value


def _slot_list(value: Any) -> Any:
    """Read {"job": ["knight"]} as a list of slots."""
    if isinstance(value, dict):
        return [{"name": name, "values": values} for name, values in value.items()]
    return value


Values = Annotated[tuple[str, ...], BeforeValidator(_texts), Field(min_length=1)]
ModeName = Annotated[Mode, BeforeValidator(_mode)]
Limit = Annotated[int, Field(ge=0)]


class FilePart(BaseModel):
    """Base of all parts: every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Weighted(FilePart):
    """A LoRA or an embedding."""

    name: Annotated[str, Field(min_length=1)]
    weight: float | None = Field(None, validation_alias=AliasChoices("weight", "strength"))


WeightedList = tuple[Annotated[Weighted, BeforeValidator(_named)], ...]


class PromptPart(FilePart):
    """One prompt."""

    index: int | None = None
    name: str | None = None
    text: str = Field("", validation_alias=AliasChoices("text", "prompt", "positive"))
    negative: str = Field("", validation_alias=AliasChoices("negative", "negative_prompt"))
    positive_embeddings: WeightedList = ()
    negative_embeddings: WeightedList = ()
    loras: WeightedList = ()


class NamedValues(FilePart):
    """A slot: a name, or an S/R search text, or a wildcard, and its values."""

    name: Annotated[str, Field(min_length=1)] = Field(
        validation_alias=AliasChoices("name", "search", "token")
    )
    values: Values = Field(validation_alias=AliasChoices("values", "replacements"))


SlotList = Annotated[tuple[NamedValues, ...], BeforeValidator(_slot_list)]


class Varying(FilePart):
    """What varies: slots as a list or as text, and how they are combined."""

    enabled: bool = True
    mode: ModeName | None = None
    limit: Limit | None = None
    slots: SlotList = Field((), validation_alias=AliasChoices("slots", "rules", "tokens"))
    raw_text: str = ""

    def read_slots(self, kind: str) -> tuple[Slot, ...]:
        """Return the slots, from the text where there is no list.

        Raises:
            ValueError: the text has a line that defines nothing of this kind.
        """
        if not self.enabled:
            return ()
        if self.slots:
            return tuple(Slot(name=s.name.strip(), values=s.values) for s in self.slots)
        return parse_definitions(self.raw_text, kind)


class MatrixPart(Varying):
    """The matrix, with a prompt that may stand around every prompt of the pack."""

    base_prompt: str = ""
    prompt_mode: Literal["replace", "prepend", "append"] = "replace"


def _from_text(value: Any) -> Any:
    """Read a text as the lines, and a list or plain mapping as the slots, of something varying."""
    if isinstance(value, str):
        return {"raw_text": value}
    if isinstance(value, list):
        return {"slots": value}
    if isinstance(value, dict) and value and not _VARYING_KEYS & value.keys():
        return {"slots": value}
    return value


def _without_modes(part: Varying) -> Varying:
    if part.mode or part.limit:
        raise ValueError("axes make every combination; they have no mode and no limit")
    return part


VaryingPart = Annotated[Varying, BeforeValidator(_from_text)]
AxesPart = Annotated[Varying, BeforeValidator(_from_text), AfterValidator(_without_modes)]
MatrixOrText = Annotated[MatrixPart, BeforeValidator(_from_text)]


class Randomization(FilePart):
    """What varies, as older files have it; off unless `enabled`."""

    enabled: bool = False
    seed: int | None = None
    max_variants: int | None = None
    matrix: MatrixOrText | None = None
    prompt_sr: VaryingPart | None = None
    wildcards: VaryingPart | None = None


class PackPart(FilePart):
    """`pack_data`: the prompts and what varies in them."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    author: str | None = None
    slots: tuple[PromptPart, ...] = Field((), validation_alias=AliasChoices("slots", "prompts"))
    matrix: MatrixOrText | None = None
    prompt_sr: VaryingPart | None = Field(
        None, validation_alias=AliasChoices("prompt_sr", "sr", "search_replace", "replacements")
    )
    wildcards: VaryingPart | None = None
    axes: AxesPart | None = None


def _keys(model: type[FilePart]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [name]
        yield from (choice for choice in choices if isinstance(choice, str))


_VARYING_KEYS = frozenset(_keys(MatrixPart))
PACK_KEYS = frozenset(_keys(PackPart))
"""What older files may have at the root."""
