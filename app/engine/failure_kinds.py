"""Which failures the next job would meet too, so that one of them does not burn the queue."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import (
    HomeError,
    MissingOnWebUIError,
    TookTooLongError,
    WebUIAnswerError,
    WebUIUnreachableError,
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind of failure; `certain` ones pause the queue at once."""

    kind: str
    fits: Callable[[Exception | None], bool]
    certain: bool = False


def _says(*words: str) -> Callable[[Exception | None], bool]:
    def fits(error: Exception | None) -> bool:
        said = f"{error}".casefold()
        return isinstance(error, WebUIAnswerError) and any(word in said for word in words)

    return fits


def _has_status(*statuses: int) -> Callable[[Exception | None], bool]:
    return lambda error: isinstance(error, WebUIAnswerError) and error.status in statuses


def _is(*kinds: type[Exception]) -> Callable[[Exception | None], bool]:
    return lambda error: isinstance(error, kinds)


SHARED_TROUBLES: tuple[Trouble, ...] = (
    Trouble("the home can't be written", _is(HomeError), certain=True),
    Trouble("the WebUI wants other credentials", _has_status(401, 403), certain=True),
    Trouble("the WebUI can't be reached", _is(WebUIUnreachableError)),
    Trouble("a job that took too long", _is(TookTooLongError)),
    Trouble("out of memory", _says("outofmemory", "out of memory")),
    Trouble("a CUDA error", _says("cuda error", "cudnn", "device-side assert")),
    Trouble("a picture of NaNs", _says("nansexception")),
    Trouble("a missing model or script", _is(MissingOnWebUIError)),
    Trouble(
        "a missing model", _says("model", "checkpoint", "upscaler", "could not find", "lowvram")
    ),
    Trouble("the WebUI is starting up or has no API", _has_status(404)),
)
"""In the order in which they are tried."""


def shared_trouble(error: Exception | None) -> Trouble | None:
    """Return what kind of failure this is if the next job would meet it too, else None."""
    return next((trouble for trouble in SHARED_TROUBLES if trouble.fits(error)), None)
