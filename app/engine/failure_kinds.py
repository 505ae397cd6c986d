"""What kinds of failures there are, and which of them say something about the next job."""

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import (
    BadInputError,
    HomeError,
    JobLostError,
    JobStoppedError,
    MissingOnWebUIError,
    TookTooLongError,
    WebUIAnswerError,
    WebUIUnreachableError,
)

INVALID_REQUEST = 422


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Failures that have one cause; `certain` ones pause the queue at once."""

    name: str
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


FAILURE_KINDS: tuple[FailureKind, ...] = (
    FailureKind("the home can't be written", _is(HomeError), certain=True),
    FailureKind("the WebUI wants other credentials", _has_status(401, 403), certain=True),
    FailureKind("the WebUI can't be reached", _is(WebUIUnreachableError)),
    FailureKind("a job that took too long", _is(TookTooLongError)),
    FailureKind("out of memory", _says("outofmemory", "out of memory")),
    FailureKind("a CUDA error", _says("cuda error", "cudnn", "device-side assert")),
    FailureKind("a picture of NaNs", _says("nansexception")),
    FailureKind("a missing model or script", _is(MissingOnWebUIError)),
    FailureKind(
        "a missing model", _says("model", "checkpoint", "upscaler", "could not find", "lowvram")
    ),
    FailureKind("the WebUI is starting up or has no API", _has_status(404)),
)
"""In the order in which they are tried."""


def counts(error: Exception) -> bool:
    """Return whether a failure may be the WebUI's, and not of the job's own settings."""
    if isinstance(error, WebUIAnswerError):
        return error.status != INVALID_REQUEST
    if isinstance(error, HomeError):
        return True
    return not isinstance(
        error, MissingOnWebUIError | BadInputError | JobStoppedError | JobLostError
    )


def failure_kind(error: Exception | None) -> FailureKind | None:
    """Return what kind of failure this is, or None if it is of no known kind."""
    return next((kind for kind in FAILURE_KINDS if kind.fits(error)), None)
