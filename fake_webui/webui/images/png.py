"""PNG files put together from blocks that are deflated once and used often."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ZLIB_HEADER = b"\x78\x01"
FINAL_EMPTY_BLOCK = b"\x03\x00"
ADLER_BASE = 65521
RGB_8_BIT = b"\x08\x02\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Block:
    """Deflated scanlines that refer to nothing outside themselves.

    `adler` is the Adler-32 sum of the raw bytes, `length` their number.
    """

    deflated: bytes
    adler: int
    length: int


def deflate(raw: bytes, level: int = 1, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> Block:
    """Return `raw` as a block of its own."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, strategy=strategy)
    return Block(
        packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH), zlib.adler32(raw), len(raw)
    )


def deflate_each(raws: Iterable[bytes]) -> list[Block]:
    """Return a block for each of `raws`; cheaper than one `deflate` for each."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return [
        Block(packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH), zlib.adler32(raw), len(raw))
        for raw in raws
    ]


def join_blocks(blocks: Iterable[Block]) -> Block:
    """Return several blocks as one."""
    several = list(blocks)
    adler, length = 1, 0
    for block in several:
        adler = combine_adler(adler, block.adler, block.length)
        length += block.length
    return Block(b"".join([block.deflated for block in several]), adler, length)


def pixel_chunk(blocks: Iterable[Block]) -> bytes:
    """Return the chunk with the scanlines of an RGB PNG."""
    pixels = join_blocks(blocks)
    stream = [ZLIB_HEADER, pixels.deflated, FINAL_EMPTY_BLOCK, pixels.adler.to_bytes(4, "big")]
    return chunk(b"IDAT", b"".join(stream))


def write_png(size: tuple[int, int], pixels: bytes, info: Mapping[str, str]) -> bytes:
    """Return an RGB PNG with the chunk `pixels` in it, and `info` as its text chunks."""
    width, height = size
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + RGB_8_BIT
    return b"".join(
        [
            SIGNATURE,
            chunk(b"IHDR", header),
            *(text_chunk(key, value) for key, value in info.items()),
            pixels,
            chunk(b"IEND", b""),
        ]
    )


def combine_adler(first: int, second: int, second_length: int) -> int:
    """Return the Adler-32 sum of two runs of bytes one after the other."""
    low, high = first & 0xFFFF, first >> 16
    summed_low = (low + (second & 0xFFFF) - 1) % ADLER_BASE
    summed_high = (high + (second >> 16) + second_length * (low - 1)) % ADLER_BASE
    return summed_high << 16 | summed_low


def text_chunk(key: str, value: str) -> bytes:
    """Return a tEXt chunk, or an iTXt one where the value is not Latin-1."""
    name = key.encode("latin-1", "replace")
    try:
        return chunk(b"tEXt", name + b"\0" + value.encode("latin-1"))
    except UnicodeEncodeError:
        return chunk(b"iTXt", name + b"\0\0\0\0\0" + value.encode())


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one PNG chunk with its length and checksum."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")
