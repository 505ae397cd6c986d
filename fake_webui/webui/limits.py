"""How much one request may ask for, so that none takes a machine's memory or hours of its time."""

from fake_webui.errors import HandlerError, out_of_memory

LARGEST_BATCH_PX = 2**28
LARGEST_PICTURE_PX = 89_478_485  # Pillow's own limit: 256 MB in three bytes each
MOST_PIXELS = 2**31  # of all pictures that one request asks for
MOST_PICTURES = 10_000
MOST_STYLES = 1000
MOST_CHARACTERS = 2**25  # in the texts of all pictures
BYTES_FOR_A_PIXEL = 256


def check_memory(
    width: int, height: int, count: int = 1, *, most_px: int = LARGEST_BATCH_PX
) -> None:
    """Refuse pictures that no graphics card has the memory for.

    Raises:
        HandlerError: OutOfMemoryError.
    """
    if width * height * count > most_px:
        gibibytes = width * height * count * BYTES_FOR_A_PIXEL / 2**30
        raise out_of_memory(gibibytes)


def check_many(count: int, most: int = MOST_PICTURES) -> None:
    """Refuse more pictures than anybody waits for, or of other things more than `most`.

    Raises:
        HandlerError: MemoryError.
    """
    if count > most:
        raise HandlerError("MemoryError", "")


def check_text(characters: int) -> None:
    """Refuse more text than anybody reads.

    Raises:
        HandlerError: MemoryError.
    """
    check_many(characters, MOST_CHARACTERS)
