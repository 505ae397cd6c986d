"""Reading `.txt` and `.tsv`: prompts as people write them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import PackError
from app.planning.packs.definitions import PREFIX, Definition, parse_definition
from app.planning.packs.model import Place, Prompt
from app.planning.packs.tokens import normalised, tokens_in
from app.storage.documents import read_lines

NumberedLine = tuple[int, str]
Block = list[NumberedLine]


@dataclass(frozen=True, slots=True)
class TextPack:
    """The prompts of a text file and the slots that it defines beside them."""

    prompts: tuple[Prompt, ...]
    definitions: tuple[Definition, ...] = ()


def read_txt(path: Path) -> TextPack:
    """Read blocks of lines, separated by blank lines.

    Raises:
        PackError: it can't be read, or a block has no prompt.
    """
    blocks = list(_blocks(read_lines(path, PackError)))
    used = {normalised(token) for block in blocks for _, line in block for token in tokens_in(line)}
    parsed = [_parted(path, block, used) for block in blocks]
    return TextPack(
        prompts=tuple(_prompt(path, lines) for lines, _ in parsed if lines),
        definitions=tuple(d for _, defined in parsed for d in defined),
    )


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Group the lines that are not comments between blank ones, numbered from 1."""
    block: Block = []
    for number, line in enumerate((line.strip() for line in lines), start=1):
        if line and not line.startswith("#"):
            block.append((number, line))
        elif not line and block:
            yield block
            block = []
    if block:
        yield block


def _parted(path: Path, block: Block, used: set[str]) -> tuple[Block, list[Definition]]:
    """Return the lines of a block that are prompt, and what its other lines define.

    `mood: calm` is a slot where some prompt has `[[mood]]`, and words of the prompt elsewhere.
    """
    prompt, defined = [], []
    for number, line in block:
        found = None if PREFIX.fullmatch(line) else parse_definition(line)
        if found and (found.kind != "slot" or normalised(found.slot.name) in used):
            slot = replace(found.slot, place=Place(path=path, line=number))
            defined.append(replace(found, slot=slot))
        else:
            prompt.append((number, line))
    return prompt, defined


def _prompt(path: Path, block: Block) -> Prompt:
    place = Place(path=path, line=block[0][0], lines=tuple(block))
    name, rest = _named(block)
    positive, negative = [], []
    for _, line in rest:
        match = PREFIX.fullmatch(line)
        if match and match[1].lower() == "neg":
            negative.append(match[2])
        else:
            positive.append(line)
    if not positive:
        raise PackError(path, place.line, "this block has no prompt, only name: or neg: lines")
    text, against = " ".join(positive), " ".join(filter(None, negative))
    return Prompt(text=text, negative=against, name=name, place=place)


def _named(block: Block) -> tuple[str | None, Block]:
    match = PREFIX.fullmatch(block[0][1])
    if match and match[1].lower() == "name":
        return match[2] or None, block[1:]
    return None, block


def read_tsv(path: Path) -> TextPack:
    """Read a prompt a line: positive TAB negative.

    Raises:
        PackError: it can't be read, or a line has no prompt or too many columns.
    """
    numbered = enumerate(read_lines(path, PackError), start=1)
    rows = ((n, line) for n, line in numbered if line.strip() and not line.lstrip().startswith("#"))
    return TextPack(tuple(_row(path, number, line) for number, line in rows))


def _row(path: Path, number: int, line: str) -> Prompt:
    positive, *others = (cell.strip() for cell in line.split("\t"))
    if not positive:
        raise PackError(path, number, "there is no prompt before the tab")
    if len(others) > 1:
        message = f"there are {len(others) + 1} columns; write positive TAB negative"
        raise PackError(path, number, message)
    negative = others[0] if others else ""
    return Prompt(text=positive, negative=negative, place=Place(path=path, line=number))
