"""What a pack is once it is read, and what it expands to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.config.pipeline_config import PipelineConfig
from app.storage.documents import Notice


class Mode(StrEnum):
    """How many of the combinations a prompt takes, and which."""

    FANOUT = "fanout"  # every one
    ROTATE = "rotate"  # one for each job, the next job the next one
    SEQUENTIAL = "sequential"  # one for each prompt, the next prompt the next one
    RANDOM = "random"  # drawn by the seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands, for error messages; lines count from 1, `lines` are its own."""

    path: Path
    line: int | None = None
    lines: Sequence[tuple[int, str]] = ()

    def line_of(self, written: str) -> int | None:
        """Return the line that has this text, or the first where none has."""
        return next((number for number, text in self.lines if written in text), self.line)

    def notice(self, text: str, written: str = "") -> Notice:
        """Return what there is to say of what stands here as `written`."""
        return Notice(text, self.path, self.line_of(written) if written else self.line)

    def __str__(self) -> str:
        return f"{self.path}" if self.line is None else f"{self.path}:{self.line}"


NOWHERE = Place(path=Path("the prompt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt as written, with its tokens."""

    text: str
    negative: str = ""
    name: str | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A list of values under a name: a matrix slot, an S/R search text, a wildcard, a setting."""

    name: str
    values: tuple[str, ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Slots of one kind and how they are combined; a `limit` of 0 is none."""

    slots: tuple[Slot, ...] = ()
    mode: Mode
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt around every prompt of the pack: `where` is replace, prepend or append."""

    text: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPack:
    """A pack: its prompts, what varies in them, its configuration. A list of packs has `members`.

    Args:
        has_matrix: False makes `[[…]]` plain text, as it is to the WebUI.
        wildcard_folders: where `__x__` is looked for as x.txt, first match wins.
        axes: settings that take several values.
        seed: where the pack itself says its random choices come from.
        config: the pack's layer of settings.
        notices: what was read and is not used.
    """

    pack_id: str
    path: Path
    prompts: tuple[Prompt, ...] = ()
    matrix: Slots = Slots(mode=Mode.FANOUT)
    has_matrix: bool = True
    template: Template | None = None
    replacements: Slots = Slots(mode=Mode.FANOUT)
    wildcards: Slots = Slots(mode=Mode.RANDOM, limit=1)
    wildcard_folders: tuple[Path, ...] = ()
    axes: Slots = Slots(mode=Mode.FANOUT)
    seed: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    members: tuple["PromptPack", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVariant:
    """One job's prompts and configuration.

    Args:
        pack_id: the pack it is from; a member's own when the pack is a list.
        row: which prompt of the pack, counted from 1.
        variant: which of that prompt's variants, counted from 1.
        combination: which of that prompt's texts, counted from 1; those of one differ in settings.
        choices: what was chosen, by slot name, `__wildcard__` or `search =>`.
        axes: the values of settings that vary, by the names of their axes.
        embeddings: those that the prompts name.
        place: where its prompt stands.
    """

    prompt: str
    negative_prompt: str
    config: PipelineConfig
    pack_id: str
    name: str | None
    row: int
    variant: int
    combination: int
    choices: Mapping[str, str]
    axes: Mapping[str, str]
    embeddings: tuple[str, ...] = ()
    place: Place
