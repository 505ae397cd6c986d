"""A hold as a test has it in hand."""

from types import TracebackType
from typing import Self

from fake_webui.errors import ControlError
from fake_webui.testing.client import ControlClient
from fake_webui.testing.types import PlacedHold

__tracebackhide__ = True  # what fails is the test

WAIT_MARGIN_S = 10.0
GONE = 404


class Held:
    """A generation that stands still, or will; leaving the block lets it go.

    with fake_webui.hold("txt2img", at_step=5) as held:
        client.start()
        held.wait()
        assert client.progress_shown() == 25
    """

    def __init__(self, client: ControlClient, id_: int) -> None:
        self._client = client
        self.id = id_

    def wait(self, timeout_s: float = 10.0) -> PlacedHold:
        """Wait until the generation stands still; return the hold, `request` in it is its number.

        Raises:
            ExpectationError: if it does not come so far in time, or not at all.
        """
        answer: PlacedHold = self._client.call(
            "POST",
            f"holds/{self.id}/wait",
            json={"timeout_s": timeout_s},
            timeout_s=timeout_s + WAIT_MARGIN_S,
        )
        return answer

    def release(self) -> None:
        """Let the generation go on; without effect where it went on already."""
        try:
            self._client.call("POST", f"holds/{self.id}/release")
        except ControlError as error:
            if error.status != GONE:  # with a reset, which released it
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
