"""Everything that `app` raises on purpose.

The command line turns each into one sentence and an exit status.

    AppError                         1  something that the user can be told in one sentence
    ├── BadInputError                2  what was given can't be used
    │   ├── ConfigurationError          a config value is unknown or out of range
    │   ├── PackError                   a prompt pack; says file and line
    │   ├── PresetError                 a preset; missing or not readable
    │   ├── ImageFileError              a file that is not an image, or has no parameters
    │   ├── HomeError                   the home folder can't be made, read or written
    │   │   └── StoreError                 the store on a server can't be reached or used
    │   ├── StoreVersionError           the store is another version's
    │   ├── UnknownJobError             no job has this id
    │   ├── RefusedError                a request of the page; says the field and the HTTP status
    │   └── TransitionError             the job's state does not allow this
    ├── WebUIError                   1  the WebUI did not do its part
    │   ├── WebUIUnreachableError    3  nobody listens there
    │   │   └── WebUIStartingError          it listens and takes no jobs yet
    │   ├── WebUIAnswerError            it refused; its own words
    │   ├── BadAnswerError              not JSON, no image, not decodable
    │   ├── OutcomeUnknownError         sent, and then no whole answer came
    │   │   ├── TookTooLongError           given up at the job's ceiling
    │   │   └── WebUIGoneError             it died or was restarted meanwhile
    │   └── MismatchError               what came back is not what was asked
    │       └── MissingOnWebUIError        it lacks a model or a script; nothing was sent
    ├── NotTakenError                1  a message to another program was not taken
    ├── RunnerError                  1  what runs the jobs can't go on
    ├── JobCancelledError            1  the user cancelled the job
    ├── JobLostError                 1  the job was taken off its worker
    └── JobStoppedError              1  the app was stopped while the job was running

The numbers are exit statuses; a class without one has its parent's.
"""

from pathlib import Path
from typing import ClassVar


class AppError(Exception):
    """Something went wrong that can be told in one sentence."""

    exit_status: ClassVar[int] = 1


class BadInputError(AppError):
    """What the user gave can't be used; nothing was changed."""

    exit_status = 2


class ConfigurationError(BadInputError):
    """A config value is unknown or outside its range."""


class PackError(BadInputError):
    """A prompt pack can't be read or expanded.

    Args:
        path: the pack's file.
        line: where in it, counted from 1, or None when the whole file is meant.
        message: what is wrong and how to mend it.
    """

    def __init__(self, path: Path | str, line: int | None, message: str) -> None:
        self.path, self.line, self.message = Path(path), line, message
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {message}")


class PresetError(BadInputError):
    """A preset is missing or can't be read."""


class ImageFileError(BadInputError):
    """A file is not an image, or carries no generation parameters."""


class HomeError(BadInputError):
    """The home folder can't be made, read or written."""


class StoreError(HomeError):
    """The store of jobs on a server can't be reached or used."""


class StoreVersionError(BadInputError):
    """The job store was written by another version of the app."""


class RefusedError(BadInputError):
    """Something in a request of the page can't be used.

    Args:
        message: what is wrong.
        place: the field that is meant, dotted, or None.
        remedy: what to do about it, or None.
        status: the HTTP status.
    """

    def __init__(
        self, message: str, place: str | None = None, remedy: str | None = None, status: int = 422
    ) -> None:
        super().__init__(message)
        self.place, self.remedy, self.status = place, remedy, status


class UnknownJobError(BadInputError):
    """No job has this id."""


class TransitionError(BadInputError):
    """The job's state does not allow this."""


class WebUIError(AppError):
    """The WebUI did not do its part."""


class WebUIUnreachableError(WebUIError):
    """Nobody listens at the WebUI's URL; not a byte was sent."""

    exit_status = 3


class WebUIStartingError(WebUIUnreachableError):
    """The WebUI listens, and takes no jobs yet: it is starting, or has no API."""


class WebUIAnswerError(WebUIError):
    """The WebUI answered with an error status.

    Args:
        status: the HTTP status.
        error: the class name the WebUI gave ("OutOfMemoryError"), or "".
        words: what the WebUI said, in its own words.
    """

    def __init__(self, status: int, error: str, words: str) -> None:
        self.status, self.error, self.words = status, error, words
        said = ": ".join(part for part in (error, words) if part) or "no words"
        super().__init__(f"the WebUI answered {status}: {said}")


class BadAnswerError(WebUIError):
    """The WebUI's answer is not JSON, has no image, or has one that can't be decoded."""


class OutcomeUnknownError(WebUIError):
    """The request was sent, and then no whole answer came: it may or may not have run."""


class TookTooLongError(OutcomeUnknownError):
    """The job reached its ceiling and was given up."""


class WebUIGoneError(OutcomeUnknownError):
    """The WebUI that had the request died, or was restarted, before its answer came."""


class MismatchError(WebUIError):
    """What came back is not what was asked for."""


class MissingOnWebUIError(MismatchError):
    """The WebUI lacks a model, an upscaler or a script that the job needs; nothing was sent."""


class NotTakenError(AppError):
    """Another program was to be told something, and did not take it."""


class RunnerError(AppError):
    """What runs the jobs ended before its time."""


class JobCancelledError(AppError):
    """The job was cancelled by the user."""


class JobLostError(AppError):
    """The job is not its worker's any more: it was away for so long that it counted as dead."""


class JobStoppedError(AppError):
    """The app was stopped while the job was running."""


def in_words(error: OSError) -> str:
    """Return what the system refused, and for which file, as one sentence."""
    return f"{error.strerror or error}: {error.filename or 'no file'}"
