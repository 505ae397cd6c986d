"""What is known of each WebUI, looked at in the background so that no view waits for one."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from app.engine.preflight import Inventories
from app.errors import WebUIAnswerError, WebUIError, WebUIStartingError, WebUIUnreachableError
from app.gui.background import Background
from app.gui.event_hub import EventHub
from app.limits import Limits
from app.webui.api_client import ApiClient
from app.webui.choices import Choices, read_choices
from app.webui.node import WebUINode
from app.webui.silence import told

if TYPE_CHECKING:
    from app.webui.inventory import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUIState:
    """How a WebUI is, with how many `models`; `sentence` says what to do where it is not up.

    `status` is `unknown` before the first look, then one of `up`, `starting`, `no-api`,
    `wrong-password`, `gone` and `error`.
    """

    url: str
    status: str = "unknown"
    sentence: str = ""
    kind: str = ""
    version: str = ""
    models: int = 0


class WebUIWatch:
    """Looks at WebUIs, each in a thread of its own, by connections of its own.

    Args:
        urls: where they are, with credentials.
        limits: how often to look, and after how long without an API a WebUI has none.
        events: who is told when one changes.
    """

    def __init__(self, urls: Sequence[str], limits: Limits, events: EventHub) -> None:
        self._watched = [_Watched(url, limits, events) for url in urls]

    def start(self) -> None:
        """Begin to look."""
        for one in self._watched:
            one.thread.start()

    def stop(self) -> None:
        """End; a look that waits for a WebUI is not waited for."""
        for one in self._watched:
            one.thread.stopping.set()
        for one in self._watched:
            one.close()

    def states(self) -> list[WebUIState]:
        """Return how each was at the last look."""
        return [one.state for one in self._watched]

    def inventories(self) -> Inventories:
        """Return what each has that is up, by its name."""
        return {
            one.state.url: one.inventory
            for one in self._watched
            if one.inventory is not None and one.state.status == "up"
        }

    def choices(self) -> list[Choices]:
        """Return what each has to choose from that was up once."""
        return [one.choices for one in self._watched if one.choices is not None]


class _Watched:
    """One WebUI that is looked at."""

    def __init__(self, url: str, limits: Limits, events: EventHub) -> None:
        self._node = WebUINode(ApiClient(url, limits), limits)
        self._limits, self._events = limits, events
        self.state = WebUIState(url=self._node.name)
        self.inventory: Inventory | None = None
        self.choices: Choices | None = None
        self._version = ""
        self._starting_since: float | None = None
        self.thread = Background(f"watch {self._node.name}", self._look)

    def close(self) -> None:
        """Close its connections once the last look has ended."""
        self.thread.stop(timeout_s=0.2)
        self._node.client.close()

    def _look(self) -> None:
        state = self._seen()
        if state != self.state:
            self.state = state
            self._events.publish("connection", asdict(state))
        self.thread.stopping.wait(self._limits.webui_look_s)

    def _seen(self) -> WebUIState:
        error = self._node.why_not_ready() or self._read_lists()
        if not isinstance(error, WebUIStartingError):
            self._starting_since = None
        if error is None:
            return self._up()
        status, sentence = self._status_of(error), f"{told(self._node, error)}"
        return WebUIState(url=self._node.name, status=status, sentence=sentence)

    def _up(self) -> WebUIState:
        return WebUIState(
            url=self._node.name,
            status="up",
            kind=self._node.kind().name,
            version=self._version,
            models=len(self.inventory.checkpoints) if self.inventory else 0,
        )

    def _read_lists(self) -> WebUIError | None:
        """Bring what it has up to date; return why that can't be asked."""
        before = self.inventory
        try:
            self.inventory = self._node.inventory()
            if self.inventory != before or self.state.status != "up":
                self.choices, self._version = read_choices(self._node), self._node.version()
        except WebUIError as error:
            return error
        return None

    def _status_of(self, error: WebUIError) -> str:
        if isinstance(error, WebUIStartingError):
            return self._starting_or_without_api()
        if isinstance(error, WebUIUnreachableError):
            return "gone"
        is_refused = isinstance(error, WebUIAnswerError) and error.status in {401, 403}
        return "wrong-password" if is_refused else "error"

    def _starting_or_without_api(self) -> str:
        """Take a WebUI for one without --api when it has been starting for too long."""
        now = time.monotonic()
        self._starting_since = self._starting_since or now
        return "no-api" if now - self._starting_since > self._limits.patience_s else "starting"
