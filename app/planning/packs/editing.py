"""Packs as files that are read, checked, written and deleted as a whole."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.errors import PackError
from app.planning.packs.reading import PACK_SUFFIXES, find_pack
from app.storage.documents import read_lines
from app.storage.files import replace_file
from app.storage.home import PACKS_FOLDER

MAX_BYTES = 4_000_000
_NAME = re.compile(r"[^\W_][\w .()+-]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackText:
    """A pack as it is written: its file's name and the text; `is_sample` ones can't be changed."""

    name: str
    file: str
    text: str
    is_sample: bool


def read_pack_text(home: Path, name: str) -> PackText:
    """Return a pack's own text.

    Raises:
        PackError: there is none, or it can't be read.
    """
    path = find_pack(home, name)
    text = "\n".join(read_lines(path, PackError))
    is_own = path.is_relative_to(home / PACKS_FOLDER)
    return PackText(name=name, file=path.name, text=text, is_sample=not is_own)


def place_of_pack(home: Path, name: str) -> Path:
    """Return the file of a pack of the home, or the one that it would get.

    Raises:
        PackError: it is not a pack's name.
    """
    stem, dot, suffix = name.rpartition(".")
    given = dot + suffix.lower() if stem and dot + suffix.lower() in PACK_SUFFIXES else ""
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise PackError(
            home / PACKS_FOLDER / "?", None,
            f"{name!r} is not a pack's name; use letters, digits, spaces and -+().",
        )  # fmt: skip
    if given:
        return home / PACKS_FOLDER / name
    candidates = [home / PACKS_FOLDER / f"{name}{suffix}" for suffix in PACK_SUFFIXES]
    return next((path for path in candidates if path.is_file()), candidates[0])


def write_pack(home: Path, name: str, text: str) -> Path:
    """Write a pack's text in place of the one before; return its file.

    Raises:
        PackError: it is not a pack's name, or the text is too long.
        HomeError: it can't be written.
    """
    path, data = place_of_pack(home, name), text.encode()
    if len(data) > MAX_BYTES:
        raise PackError(path, None, f"has {len(data):,} bytes; a pack has {MAX_BYTES:,} at most")
    replace_file(path, data)
    return path


def delete_pack(home: Path, name: str) -> Path:
    """Delete a pack of the home; return the file that it was.

    Raises:
        PackError: there is none, or it can't be deleted.
    """
    path = place_of_pack(home, name)
    try:
        path.unlink()
    except FileNotFoundError as error:
        raise PackError(path, None, "there is no such pack in the home") from error
    except OSError as error:
        raise PackError(path, None, f"can't be deleted: {error.strerror}") from error
    return path
