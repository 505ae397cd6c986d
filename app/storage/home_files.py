"""Files by the names that records give them, wherever the images are kept."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.errors import HomeError
from app.storage.home import IMAGES_FOLDER, TRASH_FOLDER


@dataclass(frozen=True, slots=True)
class HomeFiles:
    """The files of a home, with its images in it or elsewhere, such as on a share.

    Records name a file relative to the home and its images under `images/`, so that each host may
    have both where it likes; `files / name` is the path here.

    Args:
        home: the home folder.
        images: the folder of the images.
    """

    home: Path
    images: Path

    @classmethod
    def of(cls, home: Path) -> "HomeFiles":
        """Return the files of a home with its images in it."""
        return cls(Path(home), Path(home) / IMAGES_FOLDER)

    @property
    def trash(self) -> Path:
        """Where deleted images are until the trash is emptied."""
        return self.images / TRASH_FOLDER

    @property
    def are_shared(self) -> bool:
        """Whether the images are not in the home."""
        return self.images != self.home / IMAGES_FOLDER

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that all files are below."""
        return (self.home, self.images) if self.are_shared else (self.home,)

    def __truediv__(self, name: str) -> Path:
        """Return the path of what a record names."""
        first, _, rest = name.partition("/")
        return self.images / rest if first == IMAGES_FOLDER and rest else self.home / name

    def name_of(self, path: Path) -> str:
        """Return what records call a file, with forward slashes."""
        if path.is_relative_to(self.images):
            return f"{IMAGES_FOLDER}/{path.relative_to(self.images).as_posix()}"
        return path.relative_to(self.home).as_posix()

    def clock_ahead_s(self) -> float:
        """Write a file among the images, and return how far its time is ahead, in seconds.

        Raises:
            HomeError: if it can't be written.
        """
        before = time.time()
        try:
            with tempfile.TemporaryFile(dir=self.images) as file:
                file.write(b"1")
                file.flush()
                return os.fstat(file.fileno()).st_mtime - (before + time.time()) / 2
        except OSError as error:
            raise HomeError(f"can't write in {self.images}: {error.strerror or error}") from error

    def require_images(self, *, to_read: bool) -> None:
        """See that a folder of images outside of the home is there, and can be written.

        Raises:
            HomeError: if it is not, with what may be the reason.
        """
        if not self.are_shared:
            return
        if not self.images.is_dir():
            raise HomeError(
                f"the images folder {self.images} is not there; is its share mounted? Make it, or"
                " choose another with --images"
            )
        rights = os.R_OK | os.X_OK | (0 if to_read else os.W_OK)
        if not os.access(self.images, rights):
            raise HomeError(
                f"can't {'read' if to_read else 'write to'} the images folder {self.images};"
                " choose another with --images"
            )
