"""Reading a pack's `.json`: its prompts, what varies in them, its configuration."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.config.sections import read_file_sections
from app.errors import PackError
from app.planning.packs.model import Mode, Place, Prompt, PromptPack, Slot, Slots, Template
from app.planning.packs.pack_file import (
    PACK_KEYS,
    FilePart,
    MatrixPart,
    PackPart,
    PromptPart,
    Randomization,
    Varying,
)
from app.planning.packs.references import embedding_tag
from app.planning.packs.tokens import NAME_KEYS
from app.storage.documents import Document

Part = TypeVar("Part", bound=FilePart)

_TEXT_KEY = re.compile(r'"(text|prompt|positive)"\s*:')
_FRAME_KEYS = frozenset(("pack_data", "preset_data", "randomization", "schema_version"))


def read_json_pack(document: Document, bare: PromptPack) -> PromptPack:
    """Fill a pack with prompts, what varies and settings, wherever the file's age has put them.

    Raises:
        PackError: a key is unknown, or a value is not what its key takes.
    """
    values = document.values
    preset = _object(document, "preset_data") or _without(values, PACK_KEYS | _FRAME_KEYS)
    randomized = preset.get("randomization", values.get("randomization"))
    part = _pack_part(document)
    older = _parsed(document, Randomization, randomized or {}, "randomization")
    sections = read_file_sections(document, _without(preset, {"randomization"}))
    notices = sections.notices()
    if older.max_variants:
        notices = (*notices, "not used here: randomization.max_variants")
    if older.enabled and _is_on(older.matrix) and _is_on(part.matrix):
        notices = (*notices, "not used here: randomization.matrix, for the pack has its own")
    filled = _filled(document, bare, part, older if older.enabled else Randomization())
    return replace(filled, config=sections.layer, notices=document.notices(notices))


def _object(document: Document, key: str) -> dict[str, Any]:
    value = document.values.get(key, {})
    if not isinstance(value, dict):
        raise document.error(f"{key} must be an object", key)
    return value


def _without(values: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    left_out = set(keys)
    return {key: value for key, value in values.items() if key not in left_out}


def _is_on(part: Varying | None) -> bool:
    return part is not None and part.enabled and bool(part.slots or part.raw_text.strip())


def _pack_part(document: Document) -> PackPart:
    """Read `pack_data` and, where older files have them, the same keys at the root."""
    at_root = {key: document.values[key] for key in PACK_KEYS & document.values.keys()}
    return _parsed(document, PackPart, at_root | _object(document, "pack_data"), "pack_data")


def _parsed(document: Document, model: type[Part], values: Any, key: str) -> Part:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]["loc"]
        names = [name for name in first if isinstance(name, str)]
        message = "; ".join(_sentence(one) for one in error.errors())
        raise document.error(message, key, *names) from error


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"])) or "the value"
    if error["type"] == "extra_forbidden":
        return f"{place}: no such key"
    if error["type"] == "missing":
        return f"{place} is missing"
    said = _SAID.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{place} is {error['input']!r}: {said}"


_SAID = {
    "too_short": "there must be at least one value",
    "model_type": "it must be an object with keys of its own",
    "tuple_type": "it must be a list",
}


def _filled(
    document: Document, bare: PromptPack, part: PackPart, older: Randomization
) -> PromptPack:
    matrix = part.matrix if _is_on(part.matrix) else older.matrix
    replacing, wild = part.prompt_sr or older.prompt_sr, part.wildcards or older.wildcards
    searching = bare.replacements.mode if part.prompt_sr else Mode.RANDOM  # as older files mean it
    return replace(
        bare,
        prompts=tuple(_prompts(document, part.slots)),
        matrix=_slots(document, _MATRIX, matrix, bare.matrix.mode),
        template=_template(matrix),
        replacements=_slots(document, _REPLACEMENTS, replacing, searching),
        wildcards=_bare(_slots(document, _WILDCARDS, wild, bare.wildcards.mode)),
        axes=_slots(document, _AXES, part.axes, bare.axes.mode),
        seed=older.seed,
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    """What varies: its key, what one of it is called, how many are drawn where it is random."""

    key: str
    name: str
    drawn: int = 1


_MATRIX = _Kind("matrix", "slot", drawn=0)
_AXES = _Kind("axes", "axis")
_REPLACEMENTS = _Kind("prompt_sr", "replacement")
_WILDCARDS = _Kind("wildcards", "wildcard")


def _slots(document: Document, kind: _Kind, part: Varying | None, usual: Mode) -> Slots:
    mode = usual if part is None or part.mode is None else part.mode
    limit = kind.drawn if mode is Mode.RANDOM else 0
    if part is None:
        return Slots(mode=mode, limit=limit)
    try:
        slots = part.read_slots(kind.name)
    except ValueError as error:
        raise document.error(f"{kind.key}: {error}", kind.key) from error
    _refuse_doubles(document, kind, slots)
    placed = tuple(replace(slot, place=_place(document, kind.key, slot.name)) for slot in slots)
    return Slots(slots=placed, mode=mode, limit=limit if part.limit is None else part.limit)


def _place(document: Document, *keys: str) -> Place:
    return Place(path=document.path, line=document.line_of(*keys))


def _refuse_doubles(document: Document, kind: _Kind, slots: tuple[Slot, ...]) -> None:
    seen: dict[str, str] = {}
    for slot in slots:
        if (key := NAME_KEYS[kind.name](slot.name)) in seen:
            message = f"{kind.key}: {seen[key]!r} and {slot.name!r} are the same name"
            raise document.error(message, kind.key, slot.name)
        seen[key] = slot.name


def _bare(wildcards: Slots) -> Slots:
    """Take the underscores off the names, which may be written with or without."""
    slots = tuple(replace(slot, name=slot.name.strip("_")) for slot in wildcards.slots)
    return replace(wildcards, slots=slots)


def _template(matrix: MatrixPart | None) -> Template | None:
    if matrix is None or not matrix.enabled or not matrix.base_prompt.strip():
        return None
    return Template(text=matrix.base_prompt.strip(), where=matrix.prompt_mode)


def _prompts(document: Document, parts: Sequence[PromptPart]) -> Iterator[Prompt]:
    lines = [n for n, line in enumerate(document.lines, start=1) if _TEXT_KEY.search(line)]
    usable = lines if len(lines) == len(parts) else [document.line_of("slots")] * len(parts)
    for part, line in zip(parts, usable, strict=True):
        place = Place(path=document.path, line=line)
        yield Prompt(text=_text(part), negative=_negative(part), name=part.name, place=place)
        if not part.text.strip():
            raise PackError(document.path, line, "this prompt has no text")


def _text(part: PromptPart) -> str:
    embeddings = (embedding_tag(e.name, e.weight) for e in part.positive_embeddings)
    loras = (
        f"<lora:{lora.name}:{1 if lora.weight is None else lora.weight:g}>" for lora in part.loras
    )
    return " ".join((*embeddings, _one_line(part.text), *loras))


def _negative(part: PromptPart) -> str:
    embeddings = (embedding_tag(e.name, e.weight) for e in part.negative_embeddings)
    return " ".join(filter(None, (*embeddings, _one_line(part.negative))))


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
