"""A picture and the text it carries, as a drawing or as pixels, and its files."""

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from PIL import Image

from fake_webui.webui.images.drawing import Drawing
from fake_webui.webui.limits import LARGEST_PICTURE_PX, check_memory

EXIF_IFD, USER_COMMENT = 0x8769, 0x9286
# What clients send; others are read by programs outside, or by parsers that nobody looks after.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "ICO", "PPM", "TGA")
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # it is an error here
PIL_FORMATS = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, or a drawing that becomes pixels when somebody needs them, and text by keyword."""

    content: Drawing | Image.Image
    info: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.content.size

    @property
    def image(self) -> Image.Image:
        """The pixels."""
        if isinstance(self.content, Drawing):
            check_memory(*self.size, most_px=LARGEST_PICTURE_PX)
            return open_image(self.content.to_png({}))
        return self.content

    def with_info(self, **texts: str) -> Self:
        """Return the same picture with other text."""
        return type(self)(self.content, texts)

    def encode(self, image_format: str, quality: int = 80) -> bytes:
        """Return the picture as a file: `png`, or `jpg`, `jpeg`, `webp` with EXIF.

        Raises:
            KeyError: for another format.
        """
        if image_format == "png":
            return self._png()
        file_format = PIL_FORMATS[image_format]
        buffer = io.BytesIO()
        image = self.image.convert("RGB") if self.image.mode in ("RGBA", "P") else self.image
        exif = user_comment(self.info.get("parameters", ""))
        image.save(buffer, format=file_format, exif=exif, quality=quality)
        return buffer.getvalue()

    def _png(self) -> bytes:
        if isinstance(self.content, Drawing):
            return self.content.to_png(self.info)
        from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 - drawings do without

        texts = PngInfo()
        for key, value in self.info.items():
            texts.add_text(key, value)
        buffer = io.BytesIO()
        self.content.save(buffer, format="PNG", pnginfo=texts, compress_level=1)
        return buffer.getvalue()


def open_image(data: bytes) -> Image.Image:
    """Return the loaded image of a file's bytes.

    Raises:
        OSError, Image.DecompressionBombError: as `read_header`; OSError, if it is damaged.
    """
    image = read_header(data)
    image.load()
    return image


def read_header(data: bytes) -> Image.Image:
    """Return the image of a file's bytes before it is decoded.

    Raises:
        OSError: if it is not an image.
        Image.DecompressionBombError: if it has more pixels than Pillow takes without a warning.
    """
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > LARGEST_PICTURE_PX:
        raise Image.DecompressionBombError(f"{image.width}x{image.height} pixels")
    return image


def user_comment(text: str) -> bytes:
    """Return EXIF data whose UserComment is `text`, in UTF-16 as the WebUI writes it."""
    exif = Image.Exif()
    exif.get_ifd(EXIF_IFD)[USER_COMMENT] = b"UNICODE\0" + text.encode("utf-16-be")
    return exif.tobytes()


def read_user_comment(image: Image.Image) -> str:
    """Return the EXIF UserComment of an image, or nothing."""
    raw = image.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT, b"")
    data = raw if isinstance(raw, bytes) else str(raw).encode()
    encoding, text = data[:8], data[8:]
    if encoding == b"UNICODE\0":
        return text.decode("utf-16-be", "replace")
    if encoding == b"ASCII\0\0\0":
        return text.decode("ascii", "replace")
    return data.decode("utf8", "ignore")
