"""A generation as SD.Next understands it: the request with everything resolved."""

from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from fake_webui.profiles.sdnext.matrix import Matrix
from fake_webui.webui.catalog import Checkpoint, Vae


@dataclass(frozen=True, slots=True)
class Hires:
    """The second pass: whether there is an upscaled `size`, and whether it samples again."""

    notes: dict[str, Any]
    size: tuple[int, int] | None = None
    samples: bool = False

    @property
    def operations(self) -> list[str]:
        """What this adds to the operations of an infotext."""
        upscales = "Hires upscaler" in self.notes
        return ["hires"] * self.samples + ["upscale"] * upscales


@dataclass(frozen=True, slots=True)
class Start:
    """What img2img starts from: one image for each of `init_images`, None for a null."""

    images: list[Image.Image | None]
    mask: Image.Image | None
    size: tuple[int, int]
    notes: dict[str, Any]

    def image(self, index: int) -> Image.Image | None:
        """Return the image that picture `index` starts from."""
        return self.images[index % len(self.images)]


@dataclass(slots=True, kw_only=True)
class GenerationJob:
    """Everything that an infotext says; `p` is the request with its defaults."""

    p: dict[str, Any]
    size: tuple[int, int]
    sampler: str
    scheduler: str
    prompts: list[str]
    negative_prompts: list[str]
    templates: list[str]
    negative_templates: list[str]
    seeds: list[int]
    subseeds: list[int]
    styles: list[str]
    checkpoint: Checkpoint | None = None
    vae: Vae | None = None
    hires: Hires = field(default_factory=lambda: Hires({}))
    start: Start | None = None
    comment: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    detailers: list[str] = field(default_factory=list)
    grades: bool = False
    matrix: Matrix | None = None

    @property
    def count(self) -> int:
        """How many pictures are asked for."""
        return len(self.seeds)
