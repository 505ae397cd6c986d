"""Finding packs and reading them, whatever their format."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from app.errors import PackError
from app.planning.packs.definitions import Definition, of_kind
from app.planning.packs.json_pack import read_json_pack
from app.planning.packs.model import PromptPack, Slot, Slots
from app.planning.packs.text_pack import TextPack, read_tsv, read_txt
from app.planning.packs.tokens import NAME_KEYS
from app.storage.documents import Document, Notice, read_document
from app.storage.home import PACKS_FOLDER

PACK_SUFFIXES = (".txt", ".tsv", ".json")
"""In the order in which a pack's name is looked for."""
WILDCARDS_FOLDER = "wildcards"
SHIPPED = Path(__file__).parents[2] / "data"
SAMPLES_FOLDER = "samples"


def find_pack(home: Path, pack_id: str) -> Path:
    """Return the file of the pack of that name in a home, or of a sample, "samples/NAME".

    Raises:
        PackError: there is none.
    """
    for folder in _folders(home, pack_id) if _stays_inside(pack_id) else ():
        for candidate in _named(folder, pack_id):
            if candidate.is_file():
                return candidate
    place = home / PACKS_FOLDER / pack_id
    raise PackError(place, None, f"there is no such pack; {_hint(home, pack_id)}")


def _stays_inside(name: str) -> bool:
    """Return whether a name, taken within a folder, leads out of it nowhere."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _folders(home: Path, pack_id: str) -> tuple[Path, ...]:
    is_sample = Path(pack_id).parts[:1] == (SAMPLES_FOLDER,)
    return (home / PACKS_FOLDER, SHIPPED) if is_sample else (home / PACKS_FOLDER,)


def _hint(home: Path, pack_id: str) -> str:
    names = list_packs(home)
    if near := difflib.get_close_matches(pack_id, [*names, *list_samples()], n=3):
        return f"did you mean {' or '.join(near)}?"
    shown = ", ".join(names[:8]) or "none"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"in {home / PACKS_FOLDER} there is {shown}{more}"


def pack_path(home: Path, name_or_path: str) -> Path:
    """Return a file that is given by its path, or else the pack of that name, as `find_pack` does.

    Raises:
        PackError: there is neither.
    """
    path = Path(name_or_path).expanduser()
    return path if path.is_file() else find_pack(home, name_or_path)


def _named(folder: Path, name: str) -> Iterable[Path]:
    exact = folder / name
    suffixed = [exact.with_name(f"{exact.name}{suffix}") for suffix in PACK_SUFFIXES]
    return [exact, *suffixed] if exact.suffix.lower() in PACK_SUFFIXES else suffixed


def list_packs(home: Path) -> list[str]:
    """Return the names of the packs in a home, sorted."""
    return _names_in(home / PACKS_FOLDER)


def list_samples() -> list[str]:
    """Return the names of the packs that come with the app, sorted."""
    return [f"{SAMPLES_FOLDER}/{name}" for name in _names_in(SHIPPED / SAMPLES_FOLDER)]


def _names_in(folder: Path) -> list[str]:
    found = folder.glob("*") if folder.is_dir() else ()
    return sorted({path.stem for path in found if path.suffix.lower() in PACK_SUFFIXES})


def load_pack(path: Path, home: Path | None = None) -> PromptPack:
    """Read a pack and the `.json` beside it; nothing is expanded yet.

    Args:
        path: a `.txt`, `.tsv` or `.json` file.
        home: whose wildcards it can use besides those in wildcards/ beside it, and whose packs
            a list can name.

    Raises:
        PackError: it can't be read, has no prompts, or something in it is wrong.
    """
    return _load(path, home, ())


def _load(path: Path, home: Path | None, inside: tuple[Path, ...]) -> PromptPack:
    if path.resolve() in inside:
        raise PackError(path, None, "this list of packs leads back to itself")
    suffix = path.suffix.lower()
    if suffix not in PACK_SUFFIXES:
        raise PackError(path, None, f"is not a pack: it must be one of {', '.join(PACK_SUFFIXES)}")
    document = _document(path)
    if suffix == ".json" and document and "packs" in document.values:
        return _list(path, document, home, (*inside, path.resolve()))
    pack = _single(path, document, home)
    if pack.prompts:
        return pack
    if suffix == ".json" and (text := _text_beside(path)):
        return _load(text, home, inside)
    raise PackError(path, None, "has no prompts")


def _text_beside(path: Path) -> Path | None:
    """Return the text that a `.json` without prompts configures."""
    beside = (path.with_suffix(suffix) for suffix in (".txt", ".tsv"))
    return next((text for text in beside if text.is_file()), None)


def _document(path: Path) -> Document | None:
    """Read the pack itself or the configuration beside it, if there is one."""
    beside = path.with_suffix(".json")
    if path.suffix.lower() == ".json":
        return read_document(path, PackError)
    return read_document(beside, PackError) if beside.is_file() else None


def _single(path: Path, document: Document | None, home: Path | None) -> PromptPack:
    bare = PromptPack(pack_id=path.stem, path=path, wildcard_folders=_wildcard_folders(path, home))
    pack = read_json_pack(document, bare) if document else bare
    if path.suffix.lower() == ".json":
        return pack
    return _with_text(pack, read_tsv(path) if path.suffix.lower() == ".tsv" else read_txt(path))


def _wildcard_folders(path: Path, home: Path | None) -> tuple[Path, ...]:
    beside = path.parent / WILDCARDS_FOLDER
    return (beside,) if home is None else (beside, home / WILDCARDS_FOLDER)


def _with_text(pack: PromptPack, read: TextPack) -> PromptPack:
    """Take the prompts of the text; what it defines comes before what the `.json` does."""
    matrix, again = _joined(pack.matrix, read.definitions, "slot")
    replacements, searched_again = _joined(pack.replacements, read.definitions, "replacement")
    wildcards, drawn_again = _joined(pack.wildcards, read.definitions, "wildcard")
    axes, varied_again = _joined(pack.axes, read.definitions, "axis")
    unused = f"not used here: its prompts, for {pack.path.name} has them"
    beside = [Notice(unused, pack.path.with_suffix(".json"))] if pack.prompts else []
    return replace(
        pack,
        prompts=read.prompts,
        notices=(*pack.notices, *beside, *again, *searched_again, *drawn_again, *varied_again),
        matrix=matrix,
        replacements=replacements,
        wildcards=wildcards,
        axes=axes,
    )


def _joined(
    slots: Slots, definitions: Iterable[Definition], kind: str
) -> tuple[Slots, Iterator[Notice]]:
    """Put a text's own slots before those of the `.json`; of one name, the text's last counts."""
    own, key = of_kind(definitions, kind), NAME_KEYS[kind]
    counting = {key(slot.name): slot for slot in (*slots.slots, *own)}
    pairs = [(slot, counting[key(slot.name)]) for slot in (*own, *slots.slots)]
    kept = tuple(slot for slot, counts in pairs if slot is counts)
    return replace(slots, slots=kept), (_again(*pair) for pair in pairs if pair[0] is not pair[1])


def _again(slot: Slot, counts: Slot) -> Notice:
    said = f"{slot.name!r} is defined again in {counts.place}, which counts"
    return slot.place.notice(said)


def _list(
    path: Path, document: Document, home: Path | None, inside: tuple[Path, ...]
) -> PromptPack:
    extra = document.values.keys() - {"packs", "name", "description", "schema_version"}
    if extra:
        raise document.error(f"{min(extra)}: no such key in a list of packs", min(extra))
    names = document.values["packs"]
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise document.error("packs must be a list of file names", "packs")
    members = tuple(_load(_member(document, name, home), home, inside) for name in names)
    notices = tuple(notice for member in members for notice in member.notices)
    return PromptPack(pack_id=path.stem, path=path, members=members, notices=notices)


def _member(document: Document, name: str, home: Path | None) -> Path:
    if not _stays_inside(name):
        raise document.error(f"{name!r} leads out of the folder of packs", "packs", name)
    candidates = [*_named(document.path.parent, name)]
    candidates += _named(home / PACKS_FOLDER, name) if home else ()
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise document.error(f"there is no pack {name!r}", "packs", name)
