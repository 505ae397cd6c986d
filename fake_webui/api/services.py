"""The parts of the running server, as views and hooks reach them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, request

from fake_webui.config.settings import ServerConfig
from fake_webui.contract import Index
from fake_webui.contract.transport import Transport
from fake_webui.faults.actions import Action, possible_actions
from fake_webui.faults.holds import Holds
from fake_webui.faults.rules import FaultRules
from fake_webui.faults.wire import Waits
from fake_webui.journal.recorder import Recorder
from fake_webui.profiles import Profile
from fake_webui.webui.state import WebUIState

if TYPE_CHECKING:
    from fake_webui.upstream.forwarding import Upstream
    from fake_webui.upstream.keeping import Record
    from fake_webui.upstream.replay import Replay

KEY = "fake_webui"
SCOPE = "fake_webui.scope"  # in the environment of a request that is for one


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What one server is made of; `server.create_app` puts it together.

    `profile` is the kind of WebUI that it is, `transport` what goes around its answers,
    `endpoints` those that it has, by path and method; `waits` are the waits of faults. `upstream`
    is the real WebUI that answers in place of the imitation, `record` where its exchanges are kept,
    and `replay` what answers before it, where there are such. `stop` ends the process that serves
    when what runs is finished, `kill` ends it at once.
    """

    config: ServerConfig
    profile: Profile
    state: WebUIState
    transport: Transport
    endpoints: Index
    recorder: Recorder
    faults: FaultRules
    holds: Holds
    waits: Waits
    upstream: "Upstream | None"
    record: "Record | None"
    replay: "Replay | None"
    stop: Callable[[], None]
    kill: Callable[[], None]

    @property
    def actions(self) -> Mapping[str, Action]:
        """The faults that can be asked for."""
        return possible_actions(is_imitation=self.upstream is None)


def current_services() -> Services:
    """Return the parts of the server, or of the scope of it, that answers the current request."""
    return cast("Services", request.environ.get(SCOPE) or current_app.extensions[KEY])
