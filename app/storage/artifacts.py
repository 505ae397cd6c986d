"""What the app leaves on disk: images and manifests, written whole or not at all.

Nothing is ever overwritten: a taken name becomes the next free one, `name-2.png`.
"""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from app.errors import BadAnswerError
from app.storage.files import sync_folder, write_new
from app.storage.home import IMAGES_FOLDER
from app.storage.names import DEFAULT_TEMPLATE, ImageLabel, check_template, file_stem

MANIFEST_VERSION = 1
IMAGE_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
_IMAGE_KEYS = frozenset(["image", "init_images", "mask", "imageList"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What an encoded image is, once it has been decoded whole."""

    width: int
    height: int
    format: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """An image on disk.

    `path` is relative to the home, with forward slashes, so that a home can be moved.
    """

    path: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTrace:
    """What one request of a job sent and what it brought back."""

    stage: str
    endpoint: str
    payload: Mapping[str, Any]
    images: Sequence[ImageFile] = ()
    seeds: Sequence[int] = ()
    infotexts: Sequence[str] = field(default_factory=tuple)

    def entry(self) -> dict[str, Any]:
        """Return the trace as the manifest shows it, images as their hashes."""
        return {
            "stage": self.stage,
            "endpoint": self.endpoint,
            "payload": without_images(self.payload),
            "images": [asdict(image) for image in self.images],
            "seeds": list(self.seeds),
            "infotexts": list(self.infotexts),
        }


def inspect_image(data: bytes) -> ImageFacts:
    """Decode an image whole and return what it is.

    Raises:
        BadAnswerError: if it can't be decoded to its last byte, or is black all over, which is
            what a WebUI returns when its VAE made nothing but NaNs.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.verify()  # checksums and the end mark, which decoding alone lets pass
        with Image.open(io.BytesIO(data)) as image:
            return _facts(image, data)
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise BadAnswerError(
            f"the WebUI returned an image that can't be decoded: {error}"
        ) from error


def _facts(image: Image.Image, data: bytes) -> ImageFacts:
    picture = image if image.mode == "RGB" else image.convert("RGB")
    if picture.getbbox() is None:
        raise BadAnswerError(
            "the WebUI returned a picture that is black all over; its VAE may have made only NaNs"
            " (try --no-half-vae, or another VAE)"
        )
    digest = hashlib.sha256(data).hexdigest()
    width, height = image.size
    return ImageFacts(width=width, height=height, format=image.format or "", sha256=digest)


class ArtifactStore:
    """The images and manifests under a home.

    Args:
        home: the home folder; `images/` is made in it when the first image comes.
        template: how files are named; see `app.storage.names`.
    """

    def __init__(self, home: Path, template: str = DEFAULT_TEMPLATE) -> None:
        self.home = Path(home)
        self._template = check_template(template)

    def save_image(self, data: bytes, label: ImageLabel) -> ImageFile:
        """Write one image under a free name and return where it is.

        Raises:
            BadAnswerError: if the bytes are no picture; nothing is written then.
            HomeError: if the home can't be written or its disk is full.
        """
        facts = inspect_image(data)
        suffix = IMAGE_SUFFIXES.get(facts.format, f".{facts.format.lower()}")
        written = write_new(self._folder(label) / (file_stem(self._template, label) + suffix), data)
        return ImageFile(
            path=self.relative(written),
            sha256=facts.sha256,
            width=facts.width,
            height=facts.height,
        )

    def write_manifest(
        self, label: ImageLabel, job: Mapping[str, Any], traces: Sequence[StageTrace]
    ) -> str:
        """Write a job's manifest beside its images; return its path relative to the home.

        The images' folder is synced too, so that after this they outlast a power cut.

        Raises:
            HomeError: if the home can't be written or its disk is full.
        """
        folder = self._folder(label)
        content = manifest(job, traces)
        stem = file_stem("{name}-{job}", label)
        data = json.dumps(content, indent=2, ensure_ascii=False).encode()
        written = write_new(folder / f"{stem}.json", data)
        sync_folder(folder)
        return self.relative(written)

    def resolve(self, path: str) -> Path:
        """Return where an image or manifest is, given its path relative to the home."""
        return self.home / path

    def relative(self, path: Path) -> str:
        """Return a path under the home as it is recorded."""
        return path.relative_to(self.home).as_posix()

    def _folder(self, label: ImageLabel) -> Path:
        return self.home / IMAGES_FOLDER / f"{label.made_at.astimezone():%Y-%m-%d}"


def manifest(job: Mapping[str, Any], traces: Sequence[StageTrace]) -> dict[str, Any]:
    """Return what a manifest holds: the job as recorded, and each request with its images."""
    return {
        "version": MANIFEST_VERSION,
        "job": dict(job),
        "requests": [trace.entry() for trace in traces],
    }


def without_images(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload with each image in it replaced by the hash of its text."""
    return {key: _hashed(value) if key in _IMAGE_KEYS else value for key, value in payload.items()}


def _hashed(value: Any) -> Any:
    if isinstance(value, str):
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    if isinstance(value, list):
        return [_hashed(item) for item in value]
    return without_images(value) if isinstance(value, dict) else value
