"""Files written whole or not at all, and never over one that is there unless that is meant."""

import contextlib
import errno
import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from app.errors import HomeError

PARTIAL_SUFFIX = ".part"
_NO_HARD_LINKS = frozenset(
    [errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL]
)


def write_new(path: Path, data: bytes) -> Path:
    """Write a new file whole, under the first free name like `path`; return that name.

    Raises:
        HomeError: if it can't be written; no part of it is left behind.
    """
    with _partial_file(path, data) as partial:
        for candidate in _numbered(path):
            if _publish(partial, candidate):
                return candidate
    raise AssertionError("unreachable: there is always a next number")


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole in place of the one there: readers see the old or the new, never half.

    Raises:
        HomeError: if it can't be written; the old one is untouched then.
    """
    with _partial_file(path, data) as partial:
        partial.replace(path)
    sync_folder(path.parent)


@contextlib.contextmanager
def _partial_file(path: Path, data: bytes) -> Iterator[Path]:
    """Give a synced temporary file beside `path` that is gone afterwards."""
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{secrets.token_hex(8)}{PARTIAL_SUFFIX}")
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    except OSError as error:
        raise HomeError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _publish(partial: Path, target: Path) -> bool:
    """Give a finished file its name, unless that name is another file's.

    On a share the answer to a link can be lost, and the link that is asked for again finds itself.
    """
    try:
        _exclusive_rename(partial, target)
    except FileExistsError:
        return partial.samefile(target)
    return True


def _link_then_forget(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        target.touch(exist_ok=False)
        partial.replace(target)


# On Windows a rename refuses a taken name by itself; elsewhere only a link does.
_exclusive_rename: Callable[[Path, Path], object] = (
    os.rename if os.name == "nt" else _link_then_forget
)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries outlast a power cut, where folders can be synced."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def find_partial_files(folder: Path) -> list[Path]:
    """Return what killed processes left half-written in a folder and below."""
    return sorted(folder.rglob(f".*{PARTIAL_SUFFIX}"))
