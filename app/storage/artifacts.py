"""What the app leaves on disk: images and manifests, written whole or not at all.

Nothing is ever overwritten: a taken name becomes the next free one, `name-2.png`.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from app.errors import BadAnswerError
from app.storage.files import sync_folder, write_new
from app.storage.home_files import HomeFiles
from app.storage.names import DEFAULT_TEMPLATE, ImageLabel, check_template, file_stem

MANIFEST_VERSION = 1
IMAGE_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
_IMAGE_KEYS = frozenset(["image", "init_images", "mask", "imageList"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedImage:
    """An image on disk, as a job's record has it.

    `path` is relative to the home, with forward slashes, so that a home can be moved. Sizes are in
    pixels; `model` is the checkpoint's name as the WebUI said it, None where it says none.
    """

    path: str
    sha256: str
    width: int
    height: int
    stage: str
    seed: int | None
    infotext: str = ""
    model: str | None = None


_OF_THE_FILE = ("path", "sha256", "width", "height")


def trace(
    stage: str, endpoint: str, payload: Mapping[str, Any], images: Sequence[SavedImage]
) -> dict[str, Any]:
    """Return what one request of a job sent and brought back, as the manifest shows it."""
    return {
        "stage": stage,
        "endpoint": endpoint,
        "payload": without_images(payload),
        "images": [{key: getattr(image, key) for key in _OF_THE_FILE} for image in images],
        "seeds": [image.seed for image in images],
        "infotexts": [image.infotext for image in images],
    }


def inspect_image(data: bytes) -> tuple[str, int, int]:
    """Decode an image whole and return its file suffix, width and height.

    Raises:
        BadAnswerError: if it can't be decoded to its last byte, or is black all over, which is
            what a WebUI returns when its VAE made nothing but NaNs.
    """
    try:
        with Image.open(io.BytesIO(data), formats=tuple(IMAGE_SUFFIXES)) as image:
            image.verify()  # checksums and the end mark, which decoding alone lets pass
        with Image.open(io.BytesIO(data), formats=tuple(IMAGE_SUFFIXES)) as image:
            _refuse_black(image)
            return IMAGE_SUFFIXES.get(image.format or "", ".jpg"), *image.size
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise BadAnswerError(
            f"the WebUI returned an image that can't be decoded: {error}"
        ) from error


def _refuse_black(image: Image.Image) -> None:
    picture = image if image.mode == "RGB" else image.convert("RGB")
    if picture.getbbox() is None:
        raise BadAnswerError(
            "the WebUI returned a picture that is black all over; its VAE may have made only NaNs"
            " (try --no-half-vae, or another VAE)"
        )


class ArtifactStore:
    """The images and manifests under a home.

    Args:
        files: of the home; the folder of the images is made when the first one comes.
        template: how files are named; see `app.storage.names`.
    """

    def __init__(self, files: HomeFiles, template: str = DEFAULT_TEMPLATE) -> None:
        self.files = files
        self._template = check_template(template)

    def save_image(
        self,
        data: bytes,
        label: ImageLabel,
        infotext: str = "",
        model: str | None = None,
        template: str = "",
    ) -> SavedImage:
        """Write one image under a free name and return what is known of it.

        `template` names it in place of the usual one, where it is not "".

        Raises:
            BadAnswerError: if the bytes are not a picture; nothing is written then.
            HomeError: if the home can't be written or its disk is full.
        """
        suffix, width, height = inspect_image(data)
        written = write_new(
            self._folder(label) / (file_stem(template or self._template, label) + suffix), data
        )
        return SavedImage(
            path=self._relative(written),
            sha256=hashlib.sha256(data).hexdigest(),
            width=width,
            height=height,
            stage=label.stage,
            seed=label.seed,
            infotext=infotext,
            model=model,
        )

    def write_manifest(
        self, label: ImageLabel, job: Mapping[str, Any], traces: Sequence[Mapping[str, Any]]
    ) -> str:
        """Write a job's manifest beside its images; return its path relative to the home.

        The images' folder is synced too, so that after this they outlast a power cut.

        Raises:
            HomeError: if the home can't be written or its disk is full.
        """
        folder = self._folder(label)
        content = {
            "version": MANIFEST_VERSION,
            "job": dict(job),
            "requests": list(traces),
        }
        data = json.dumps(content, indent=2, ensure_ascii=False).encode()
        written = write_new(folder / f"{file_stem('{name}-{job}', label)}.json", data)
        sync_folder(folder)
        return self._relative(written)

    def overview_path(self, batch_id: str, made_at: datetime) -> str:
        """Return where the picture of a whole batch goes, relative to the home."""
        return self._relative(self._day(made_at) / f"overview-{batch_id}.png")

    def _relative(self, path: Path) -> str:
        return self.files.name_of(path)

    def _folder(self, label: ImageLabel) -> Path:
        return self._day(label.made_at)

    def _day(self, moment: datetime) -> Path:
        return self.files.images / f"{moment.astimezone():%Y-%m-%d}"


def without_images(
    payload: Mapping[str, Any], shown: Callable[[str], str] | None = None
) -> dict[str, Any]:
    """Return a payload with each image in it as `shown` says, else as the hash of its text."""
    return {
        key: _shown(value, shown or _hash) if key in _IMAGE_KEYS else value
        for key, value in payload.items()
    }


def _shown(value: Any, shown: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list):
        return [_shown(item, shown) for item in value]
    return without_images(value, shown) if isinstance(value, dict) else value


def _hash(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
