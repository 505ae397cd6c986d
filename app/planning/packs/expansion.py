"""From a pack to its jobs: search and replace, then the matrix, then wildcards, then references.

What the matrix and wildcards put in is searched too, before it is put in.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from app.config.pipeline_config import RANDOM_SEED, PipelineConfig, merge, merge_layers
from app.errors import PackError
from app.planning.packs.axes import Cell, cells_of
from app.planning.packs.model import Mode, Prompt, PromptPack, PromptVariant, Slot, Slots, Template
from app.planning.packs.references import named_embeddings, translate_references
from app.planning.packs.tokens import (
    MAX_JOBS,
    TOO_MANY,
    chosen_indices,
    fill,
    normalised,
    replace_texts,
    tokens_in,
    used_slots,
    values_at,
)
from app.planning.packs.wildcards import Wildcards, replace_wildcards

_APART = "\0"
"""Between prompt, negative prompt and name while they are filled in together."""

Choices = dict[str, str]
Filled = tuple[str, Choices]
Combined = tuple[str, Choices, Choices]
"""A text, what was chosen for its tokens, and what for search and replace so far."""


def expand(
    pack: PromptPack,
    *,
    preset: Mapping[str, Any],
    user: Mapping[str, Any],
    seed: int,
    axes: Sequence[Slot] = (),
) -> list[PromptVariant]:
    """Return every job of the pack, in order.

    Args:
        pack: what to expand; of a list, each member in its order.
        preset: the layer of settings under the pack's.
        user: the layer of settings over the pack's.
        axes: settings that take several values, over those of the pack and the user.
        seed: where all random choices come from, unless the pack or the settings have one.

    Raises:
        PackError: a reference can't be resolved, or it makes more than `MAX_JOBS`.
        ConfigurationError: the settings together make no configuration.
    """
    if pack.members:
        return _of_members(pack, preset=preset, user=user, seed=seed, axes=axes)
    config = merge(preset, pack.config, user)
    cells = cells_of(merge_layers(preset, pack.config), pack.axes.slots, user, axes)
    return list(_Expansion(pack, config, cells, _seed_of_choices(pack, config, seed)).variants())


def _of_members(pack: PromptPack, **layers: Any) -> list[PromptVariant]:
    variants: list[PromptVariant] = []
    for member in pack.members:
        variants += expand(member, **layers)
        if len(variants) > MAX_JOBS:
            message = f"with {member.pack_id} it is more than {MAX_JOBS:,} jobs; {TOO_MANY}"
            raise PackError(pack.path, None, message)
    return variants


def _seed_of_choices(pack: PromptPack, config: PipelineConfig, drawn: int) -> int:
    if pack.seed is not None:
        return pack.seed
    return drawn if config.txt2img.seed == RANDOM_SEED else config.txt2img.seed


@dataclass(slots=True)
class _Expansion:
    """One run over a pack, with whose turn it is."""

    pack: PromptPack
    config: PipelineConfig
    cells: Sequence[Cell]
    seed: int
    jobs: int = 0
    wildcards: Wildcards = field(init=False)

    def __post_init__(self) -> None:
        self.wildcards = Wildcards(self.pack)

    def variants(self) -> Iterator[PromptVariant]:
        for row, prompt in enumerate(self.pack.prompts, start=1):
            try:
                yield from self._of_row(row, prompt)
            except ValueError as error:
                line = prompt.place.line_of(getattr(error, "written", ""))
                raise PackError(prompt.place.path, line, str(error)) from error

    def _of_row(self, row: int, prompt: Prompt) -> Iterator[PromptVariant]:
        rng = random.Random(f"{self.seed}/{row}")  # noqa: S311 - repeatable, not secret
        fallback = self.config.pipeline.default_negative_prompt
        text = _whole_text(prompt, self.pack.template, fallback)
        variants = count(1)
        for combination, (filled, choices) in enumerate(self._filled(text, row, rng), start=1):
            positive, negative, name = translate_references(filled).split(_APART)
            for cell in self.cells:
                self._count_job()
                yield PromptVariant(
                    prompt=positive,
                    negative_prompt=negative,
                    config=cell.config,
                    pack_id=self.pack.pack_id,
                    name=name or None,
                    row=row,
                    variant=next(variants),
                    combination=combination,
                    choices=choices,
                    axes=cell.values,
                    embeddings=tuple(dict.fromkeys(named_embeddings(filled))),
                    place=prompt.place,
                )

    def _count_job(self) -> None:
        self.jobs += 1
        if self.jobs > MAX_JOBS:
            raise ValueError(f"with this prompt it is more than {MAX_JOBS:,} jobs; {TOO_MANY}")

    def _filled(self, text: str, row: int, rng: random.Random) -> Iterator[Filled]:
        """Yield the text with every token filled in, and what was chosen."""
        for [replaced], searched in self._searched([text], {}, row, rng):
            for combined, matrix, found in self._combined(replaced, searched, row, rng):
                for drawn, wild, all_found in self._drawn(combined, found, row, rng):
                    said = {f"{name} =>": value for name, value in all_found.items()}
                    yield drawn, {**said, **matrix, **wild}

    def _searched(
        self, texts: list[str], before: Choices, row: int, rng: random.Random
    ) -> Iterator[tuple[list[str], Choices]]:
        """Yield texts after search and replace, with all that was chosen for it so far.

        What was chosen before, in this job, is what replaces it here too.
        """
        rules = self.pack.replacements
        if not rules.slots:
            yield texts, before
            return
        found = [rule for rule in rules.slots if any(rule.name in text for text in texts)]
        new = [rule for rule in found if rule.name not in before]
        for values in self._combinations(rules, new, row, rng):
            chosen = before | {rule.name: value for rule, value in zip(new, values, strict=True)}
            yield [replace_texts(text, chosen) for text in texts], chosen

    def _combined(
        self, text: str, before: Choices, row: int, rng: random.Random
    ) -> Iterator[Combined]:
        matrix = self.pack.matrix
        used = used_slots(text, matrix.slots) if self.pack.has_matrix and "[[" in text else []
        for values in self._combinations(matrix, used, row, rng):
            chosen = {slot.name: value for slot, value in zip(used, values, strict=True)}
            for replaced, searched in self._searched(values, before, row, rng):
                named = dict(zip(map(normalised, chosen), replaced, strict=True))
                yield fill(text, named) if used else text, chosen, searched

    def _drawn(
        self, text: str, before: Choices, row: int, rng: random.Random
    ) -> Iterator[Combined]:
        found = self.wildcards.occurrences(text)
        for chosen in self._combinations(self.pack.wildcards, found, row, rng):
            values = [self.wildcards.draw_within(value, rng) for value in chosen]
            for replaced, searched in self._searched(values, before, row, rng):
                filled = self._checked(replace_wildcards(text, replaced))
                yield filled, _by_wildcard(found, values), searched

    def _checked(self, text: str) -> str:
        """Refuse a matrix token that came in with a wildcard's value."""
        if self.pack.has_matrix and "[[" in text and (left := tokens_in(text)):
            raise ValueError(f"[[{left[0]}]] is in a wildcard's values, where no matrix reaches")
        return text

    def _combinations(
        self, kind: Slots, used: list[Slot], row: int, rng: random.Random
    ) -> Iterator[list[str]]:
        if not used:
            yield []
            return
        turn = self.jobs if kind.mode is Mode.ROTATE else row - 1
        for index in chosen_indices(used, kind.mode, kind.limit, turn, rng):
            yield values_at(used, index)


def _by_wildcard(found: list[Slot], values: list[str]) -> Choices:
    """Say what was drawn for each wildcard; one that stands twice has both, with a comma."""
    choices: Choices = {}
    for slot, value in zip(found, values, strict=True):
        key = f"__{slot.name}__"
        choices[key] = f"{choices[key]}, {value}" if key in choices else value
    return choices


def _whole_text(prompt: Prompt, template: Template | None, fallback: str) -> str:
    """Join prompt, negative prompt and name, so that all are filled in with the same choices."""
    parts = (_templated(prompt.text, template), prompt.negative or fallback, prompt.name or "")
    if any(_APART in part for part in parts):
        raise ValueError("a prompt can't hold a NUL character")
    return _APART.join(parts)


def _templated(text: str, template: Template | None) -> str:
    if template is None:
        return text
    if template.where == "replace":
        return template.text
    parts = (template.text, text) if template.where == "prepend" else (text, template.text)
    return ", ".join(parts)
