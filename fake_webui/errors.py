"""Everything that can go wrong, as one tree.

FakeWebUIError
├── ConfigError              the server can't start as asked; exit status 2
├── ApiError                 an answer that the real WebUI gives
│   ├── HandlerError         an exception inside a handler: 500, class name and message
│   ├── HttpError            the WebUI's own HTTP error: a status and its detail
│   ├── PlainError           an answer with a body of its own
│   ├── InvalidRequestError  422, every field that is wrong
│   └── StarletteError       the web framework's own answer, such as 404 Not Found
├── ControlError             an answer of the control endpoints
│   └── ExpectationError     the journal is not as a test expects; an AssertionError too
├── StrictError              clients sent what the WebUI does not know; an AssertionError too
├── StartError               a server that was started did not come up
├── EventLoopError           a call would hold the event loop that runs
└── UnreachableError         no WebUI answers at an address
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class FakeWebUIError(Exception):
    """The base of every error that this package raises on purpose."""


class ConfigError(FakeWebUIError):
    """The server can't start as asked; the message names the file and line."""


class ApiError(FakeWebUIError):
    """An error answer as the real WebUI gives it."""

    headers: Mapping[str, str] = {}
    timed = True  # whether the answer carries `x-process-time`

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def body(self) -> Any:
        """Return the JSON value of the answer where all kinds of WebUI give the same one."""
        raise NotImplementedError


class HandlerError(ApiError):
    """A Python exception that escapes a handler of the real WebUI: status 500.

    `class_name` is that exception's class, `message` its text, `value` what it is about.
    """

    timed = False

    def __init__(self, class_name: str, message: str, value: Any = "") -> None:
        super().__init__(500, message)
        self.class_name = class_name
        self.message = message
        self.value = value


def out_of_memory(gibibytes: float) -> HandlerError:
    """Return the error of a graphics card of 8 GiB that `gibibytes` more do not fit on."""
    return HandlerError(
        "OutOfMemoryError",
        f"CUDA out of memory. Tried to allocate {gibibytes:.2f} GiB (GPU 0; "
        "8.00 GiB total capacity; 6.52 GiB already allocated; 0 bytes free; "
        "6.96 GiB reserved in total by PyTorch)",
    )


def nans(module: str) -> HandlerError:
    """Return the error of a `module`, Unet or VAE, that made nothing but NaNs."""
    return HandlerError(
        "NansException",
        f"A tensor with NaNs was produced in {module}. "
        "Use --disable-nan-check commandline argument to disable this check.",
    )


def missing_arguments(function: str, names: Sequence[str]) -> HandlerError:
    """Return the error of a Python function that is called without some of its parameters."""
    quoted = [repr(name) for name in names]
    listed = quoted[0]
    if len(quoted) > 1:
        listed = f"{', '.join(quoted[:-1])}{',' * (len(quoted) > 2)} and {quoted[-1]}"
    count = f"{len(names)} required positional argument{'s' * (len(names) > 1)}"
    return HandlerError("TypeError", f"{function}() missing {count}: {listed}")


class HttpError(ApiError):
    """An HTTP error that the WebUI raises itself, such as 404 "Init image not found".

    `errors` is what Python says of it: nothing where it was raised with names for its arguments.
    """

    def __init__(self, status: int, detail: str, errors: str = "") -> None:
        super().__init__(status, detail)
        self.detail = detail
        self.errors = errors


def page_error(status: int, detail: str) -> HttpError:
    """Return the error that the page's own library raises, which has its arguments' order."""
    return HttpError(status, detail, repr((status, detail)))


class PlainError(ApiError):
    """An error answer whose body is a JSON value of its own."""

    def __init__(self, status: int, value: Any) -> None:
        super().__init__(status, str(value))
        self.value = value

    def body(self) -> Any:
        """Return the value."""
        return self.value


class InvalidRequestError(ApiError):
    """A request that validation refuses: status 422 with one entry for each mistake.

    Each entry has `loc`, `msg`, `type` and, where there is a limit, `ctx`.
    """

    def __init__(self, details: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(422, f"{len(details)} validation errors")
        self.details = [dict(detail) for detail in details]

    def body(self) -> Any:
        """Return `{"detail": [...]}`."""
        return {"detail": self.details}


class StarletteError(ApiError):
    """What the web framework under the WebUI answers by itself."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.detail = detail
        self.headers = headers or {}

    def body(self) -> Any:
        """Return `{"detail": ...}`."""
        return {"detail": self.detail}


class ControlError(FakeWebUIError):
    """An error answer of the control endpoints: a sentence and the facts behind it."""

    def __init__(self, status: int, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.facts = facts

    def body(self) -> dict[str, Any]:
        """Return the sentence under `error`, beside the facts."""
        return {"error": self.message, **self.facts}


class ExpectationError(ControlError, AssertionError):
    """The journal is not as expected; the message says what came nearest and how it differs."""


class StrictError(FakeWebUIError, AssertionError):
    """Clients sent what the WebUI does not know, and that was not allowed: a line for each."""

    def __init__(self, lines: Iterable[str]) -> None:
        super().__init__("\n  ".join(["requests that the WebUI does not know:", *lines]))


class StartError(FakeWebUIError):
    """A server that was started as a child process did not come up, or is not running."""


class EventLoopError(FakeWebUIError, RuntimeError):
    """A call that waits for its answer was made in the thread of a running event loop."""


class UnreachableError(FakeWebUIError):
    """No WebUI, or no fake one where a fake one is needed, answers at an address."""
