"""What is allowed in a pack and was hardly meant, said with file and line."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from app.config.pipeline_config import RANDOM_SEED
from app.planning.packs.definitions import PREFIX, parse_definition
from app.planning.packs.model import Place, PromptPack, PromptVariant, Slot
from app.planning.packs.tokens import TOKEN, WILDCARD, normalised, tokens_in
from app.planning.packs.wildcards import Wildcards
from app.storage.documents import Notice

_NEGATIVE = re.compile(r"(?<!\w)neg(?:ative(?:[ _]prompt)?)?\s*:(?!\s*[\d.])", re.IGNORECASE)
_PARAMETERS = re.compile(r"(?<!\w)Steps: \d+, [A-Z][\w ]*: ")
_CHOICE = re.compile(r"\$?\{[^{}\n]*\|[^{}\n]*\}|<(?:random|wildcard|alternate)\b[^<>]*>")
_BRACKET = re.compile(r"\\.|\[|\]")
_REMEDIES = {
    ".tsv": "write the negative prompt behind a tab",
    ".json": 'write it under "negative"',
    ".txt": "begin a line with neg: for a negative prompt",
}
"""Where a negative prompt goes, by the pack's suffix."""

Text = tuple[str, Place]
"""A text as written, and where it stands."""


def find_slips(pack: PromptPack, variants: Sequence[PromptVariant]) -> list[Notice]:
    """Return what was hardly meant in a pack, in the order of its lines.

    Args:
        pack: the pack; of a list, each member is looked at.
        variants: what it expands to.
    """
    chosen = {name for variant in variants for name in (*variant.choices, *variant.axes)}
    slips = [slip for one in pack.members or (pack,) for slip in _slips_of(one, chosen)]
    return [*slips, *_identical_jobs(variants)]


def _slips_of(pack: PromptPack, chosen: Collection[str]) -> list[Notice]:
    if pack.members:
        return [slip for member in pack.members for slip in _slips_of(member, chosen)]
    texts = _Texts(pack)
    found = chain(
        _never_used(pack, texts, chosen),
        _without_effect(pack, texts, chosen),
        _slots_taken_as_words(pack),
        _open_brackets(texts) if pack.has_matrix else (),
        _misplaced(pack),
        _other_dialects(texts),
    )
    return sorted(dict.fromkeys(found), key=lambda slip: (str(slip.path), slip.line or 0))


class _Texts:
    """All texts of a pack, with those of the wildcard files that they lead to."""

    def __init__(self, pack: PromptPack) -> None:
        self.replacing = list(_values(pack.replacements.slots))
        slots = (*pack.matrix.slots, *pack.wildcards.slots)
        self.searched = [*_prompts(pack), *_values(slots)]
        files = Wildcards(pack).files_named_in(text for text, _ in self.every())
        self.searched += _values(files)

    def every(self) -> Iterator[Text]:
        """Give those that are searched, then those that replace."""
        return chain(self.searched, self.replacing)


def _prompts(pack: PromptPack) -> Iterator[Text]:
    for prompt in pack.prompts:
        for text in (prompt.text, prompt.negative, prompt.name or ""):
            yield text, prompt.place
    if pack.template:
        yield pack.template.text, Place(path=pack.path.with_suffix(".json"))


def _values(slots: Iterable[Slot]) -> Iterator[Text]:
    """Give each slot's values together; those of a file are lines."""
    return ((("\n" if s.place.lines else " | ").join(s.values), s.place) for s in slots)


def _never_used(pack: PromptPack, texts: _Texts, chosen: Collection[str]) -> Iterator[Notice]:
    """Say what no prompt uses: it was not chosen, and is not what random choices leave out."""
    written = "\0".join(text for text, _ in texts.every())
    named = {normalised(name) for name in tokens_in(written)}
    drawn = {name.casefold() for name in WILDCARD.findall(written)}
    for slot in pack.matrix.slots:
        if slot.name not in chosen and normalised(slot.name) not in named:
            text = f"no prompt uses the slot {slot.name!r}; its token is [[{slot.name}]]"
            yield slot.place.notice(text)
    for slot in pack.wildcards.slots:
        if f"__{slot.name}__" not in chosen and slot.name.casefold() not in drawn:
            yield slot.place.notice(f"no prompt uses the wildcard __{slot.name}__")


def _without_effect(pack: PromptPack, texts: _Texts, chosen: Collection[str]) -> Iterator[Notice]:
    searched = "\0".join(text for text, _ in texts.searched)
    for rule in pack.replacements.slots:
        if f"{rule.name} =>" not in chosen and rule.name not in searched:
            yield rule.place.notice(f"the search {rule.name!r} finds nothing in this pack")
    for axis in pack.axes.slots:
        if axis.name not in chosen:
            yield axis.place.notice(f"the axis {axis.name} is not used, for other settings win")


def _slots_taken_as_words(pack: PromptPack) -> Iterator[Notice]:
    for prompt in pack.prompts:
        for number, line in prompt.place.lines:
            found = None if PREFIX.fullmatch(line) or "|" not in line else parse_definition(line)
            if found and found.kind == "slot":
                name = found.slot.name
                text = f"no prompt has [[{name}]], so this line is words of the prompt, not a slot"
                yield Notice(text, prompt.place.path, number)


def _open_brackets(texts: _Texts) -> Iterator[Notice]:
    for text, place in texts.every():
        if half := _half_token(text):
            what = "is not closed" if half == "[[" else "closes nothing"
            said = f"{half} {what} and is sent as it is; a slot's token is [[name]]"
            lines = (number for number, line in place.lines if _half_token(line) == half)
            yield Notice(said, place.path, next(lines, None) or place.line_of(half))


def _half_token(text: str) -> str | None:
    """Return the half of a token that lacks its other half, where brackets do not balance."""
    rest = TOKEN.sub("", text)
    brackets = Counter(_BRACKET.findall(rest))
    surplus = brackets["["] - brackets["]"]
    half = "[[" if surplus > 0 else "]]"
    return half if surplus and half in rest else None


def _misplaced(pack: PromptPack) -> Iterator[Notice]:
    for prompt in pack.prompts:
        if match := _NEGATIVE.search(prompt.text):
            remedy = _REMEDIES.get(prompt.place.path.suffix.lower(), "it has a field of its own")
            said = f"{match[0]!r} is sent as words of the positive prompt; {remedy}"
            yield prompt.place.notice(said, match[0])
        for text in (prompt.text, prompt.negative):
            if match := _PARAMETERS.search(text):
                said = "generation parameters are sent as words of the prompt; make them settings"
                yield prompt.place.notice(said, match[0])


def _other_dialects(texts: _Texts) -> Iterator[Notice]:
    for text, place in texts.every():
        if match := _CHOICE.search(text):
            remedy = "values to choose from are those of a __wildcard__ or, in a pack, a [[slot]]"
            yield place.notice(f"{match[0]} is sent as it is; {remedy}", match[0])


def _identical_jobs(variants: Iterable[PromptVariant]) -> Iterator[Notice]:
    """Say of each prompt how many of its jobs are made already, and where."""
    settings: dict[int, str] = {}
    first: dict[tuple[str, str, str], PromptVariant] = {}
    again: dict[tuple[int, int], list[PromptVariant]] = {}
    for variant in variants:
        if (config := id(variant.config)) not in settings:
            settings[config] = variant.config.model_dump_json()
        texts = (variant.prompt, variant.negative_prompt, settings[config])
        before = first.setdefault(texts, variant)
        if before is not variant:
            key = id(before.place), id(variant.place)
            again.setdefault(key, [before]).append(variant)
    return (_identical(before, copies) for before, *copies in again.values())


def _identical(before: PromptVariant, copies: Sequence[PromptVariant]) -> Notice:
    place = copies[0].place
    jobs = "a job is" if len(copies) == 1 else f"{len(copies):,} jobs are"
    whose = "another of this prompt" if before.place is place else f"one of {before.place}"
    is_drawn = before.config.txt2img.seed == RANDOM_SEED
    return place.notice(f"{jobs} the same as {whose}{', but for the seed' if is_drawn else ''}")
