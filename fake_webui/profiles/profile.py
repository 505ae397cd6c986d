"""What a profile is; A1111 is the one whose fields are all the defaults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fake_webui.config.settings import ServerConfig
from fake_webui.contract import Endpoint, Table
from fake_webui.contract.dialect import PYDANTIC_1, Dialect
from fake_webui.contract.envelope import WRAPPED, Envelope
from fake_webui.contract.transport import Transport
from fake_webui.webui.extension import Extension
from fake_webui.webui.policy import A1111, Policy
from fake_webui.webui.state import WebUIState

DOCUMENT: Final = {"title": "FastAPI", "version": "0.1.0"}


def _not_counted(*_: Any) -> None:
    """Let everybody call as often as they like."""


def _always(_: ServerConfig) -> Transport:
    return Transport()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of WebUI.

    `name` is the word of the command line, `title` what people call it. `policy` is how it names,
    lists, loads and writes; `dialect` how it validates; `envelope` how its errors look;
    `transport` what goes around its answers, by the server's configuration. `count_call` is called
    with the state, the client's address and the endpoint once a call is worked off, well or not;
    it raises an `ApiError` where that is one too many. `parts` are families of
    endpoints that not every kind has, `absent` paths that it lacks, `moved` where it has what
    others have at one of them; `endpoints` are those that it has beside or instead of A1111's,
    `tables` request tables that differ, by name. `names` are what its functions are called, by
    method and path, where that differs, `document` what the OpenAPI document says of itself.
    `extensions` are those that it always has, in its own way; those of `foreign` names do nothing
    in it.
    """

    name: str = "a1111"
    title: str = "AUTOMATIC1111"
    policy: Policy = A1111
    dialect: Dialect = PYDANTIC_1
    envelope: Envelope = WRAPPED
    transport: Callable[[ServerConfig], Transport] = _always
    count_call: Callable[[WebUIState, str, Endpoint], None] = _not_counted
    parts: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    endpoints: Sequence[Endpoint] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, str] = field(default_factory=lambda: DOCUMENT)
    extensions: Sequence[Extension] = ()
    foreign: frozenset[str] = frozenset()
