"""How much one request may ask for, so that none takes a machine's memory or hours of its time."""

from fake_webui.errors import HandlerError, out_of_memory

LARGEST_BATCH_PX = 2**28
MOST_PICTURES = 10_000
BYTES_FOR_A_PIXEL = 256


def check_memory(width: int, height: int, count: int = 1) -> None:
    """Refuse pictures that no graphics card has the memory for.

    Raises:
        HandlerError: OutOfMemoryError.
    """
    if width * height * count > LARGEST_BATCH_PX:
        gibibytes = width * height * count * BYTES_FOR_A_PIXEL / 2**30
        raise out_of_memory(gibibytes)


def check_many(count: int, most: int = MOST_PICTURES) -> None:
    """Refuse more pictures than anybody waits for, or of other things more than `most`.

    Raises:
        HandlerError: MemoryError.
    """
    if count > most:
        raise HandlerError("MemoryError", "")
