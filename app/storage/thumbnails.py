"""Small copies of pictures, made once each by a few threads, and kept in the home."""

import contextlib
import re
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from app.errors import ImageFileError
from app.storage.files import PARTIAL_SUFFIX

FOLDER = "cache/thumbs"
SIDE_PX = 384
QUALITY = 80
WORKERS = 2
MAX_WAITING = 2000
_SHA256 = re.compile("[0-9a-f]{64}")


class Thumbnails:
    """The thumbnails of one home, WebP files named by the hash of the picture.

    Args:
        home: where they are kept, in `cache/thumbs`; the folder may be deleted at any time.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._making: dict[str, Future[Path]] = {}

    def start(self) -> None:
        """Begin to make those that are asked for."""
        self._pool = ThreadPoolExecutor(WORKERS, "thumbnails")

    def stop(self) -> None:
        """End; those that wait to be made are not."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def made(self, sha256: str) -> Path | None:
        """Return the thumbnail of the picture with this hash, or None where it is not made yet."""
        path = self._path_of(sha256)
        return path if _SHA256.fullmatch(sha256) and path.is_file() else None

    def make(self, picture: Path, sha256: str, timeout_s: float) -> Path:
        """Make the thumbnail of a picture, and return it.

        Args:
            picture: its file.
            sha256: the hash of its bytes.
            timeout_s: how long to wait for it.

        Raises:
            ImageFileError: if there are too many to make, or it can't be made.
        """
        if not _SHA256.fullmatch(sha256):
            raise ImageFileError(f"{picture.name}: its record has no hash of it")
        try:
            return self.prepare(picture, sha256).result(timeout_s)
        except (TimeoutError, CancelledError) as error:
            raise ImageFileError(f"{picture.name}: its thumbnail is not made yet") from error

    def prepare(self, picture: Path, sha256: str) -> Future[Path]:
        """Have a thumbnail made soon, once; return what becomes its path.

        Raises:
            ImageFileError: if there are too many to make, or none are made now.
        """
        with self._lock:
            if found := self._making.get(sha256):
                return found
            if self._pool is None or len(self._making) >= MAX_WAITING:
                raise ImageFileError("too many thumbnails are to be made; ask again later")
            future = self._pool.submit(_make, picture, self._path_of(sha256))
            self._making[sha256] = future
        future.add_done_callback(lambda _: self._forget(sha256))
        return future

    def _path_of(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.webp"

    def _forget(self, sha256: str) -> None:
        with self._lock:
            self._making.pop(sha256, None)


def _make(picture: Path, target: Path) -> Path:
    """Write the thumbnail of a picture.

    Raises:
        ImageFileError: if it can't be decoded, or there is no room for it.
    """
    try:
        with Image.open(picture) as image, _partial(target) as partial:
            image.draft("RGB", (SIDE_PX, SIDE_PX))
            image.thumbnail((SIDE_PX, SIDE_PX), reducing_gap=2.0)
            image.save(partial, "WEBP", quality=QUALITY, method=3)
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise ImageFileError(f"{picture.name}: no thumbnail can be made: {error}") from error
    return target


@contextlib.contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """Give a file that takes the name `target` when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{secrets.token_hex(8)}{PARTIAL_SUFFIX}")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
