"""`fake-webui capture`: record how a WebUI answers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fake_webui.commands.probes import probes
from fake_webui.commands.replay import Replay, basic
from fake_webui.commands.stopping import Stopping
from fake_webui.commands.traces import Guest, put_back_if_reachable, why_lasting
from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.images import keep_images, rebuild
from fake_webui.upstream.recording import COMPRESSED, PLAIN, recordings, writing
from fake_webui.upstream.secrets import without_secrets

KILLED = 128  # plus the signal's number, as a shell says it
FILE_NAME = f"recording{COMPRESSED}"  # in a folder


@dataclass(slots=True)
class Recorded:
    """How a recording went: how many exchanges are in which file, and what is left to say.

    `left` are options that could not be put back, `signal` what it was told to stop by.
    """

    file: Path
    exchanges: int = 0
    left: list[str] = field(default_factory=list)
    signal: int | None = None

    @property
    def status(self) -> int:
        """The exit status."""
        return KILLED + self.signal if self.signal else int(bool(self.left))


def capture(
    url: str,
    out: Path,
    requests_from: Path | None,
    credentials: str | None,
    tell: Callable[[str], None],
    *,
    lasting: bool = False,
) -> Recorded:
    """Send requests to a WebUI, record the answers, and put back what that changed.

    Requests whose traces can't be removed are sent only if `lasting` ones are wanted.

    Raises:
        UnreachableError: if the WebUI does not answer.
        ConfigError: if a captured request can't be read.
    """
    is_file = out.name.endswith((PLAIN, COMPRESSED))
    recorded = Recorded(out if is_file else out / FILE_NAME)
    authorization = basic(credentials)
    with closing(WebUIClient(url)) as client, Stopping() as stopping:
        guest = Guest(client, authorization)
        try:
            with writing(recorded.file) as write:
                for wanted, root in requests_to_send(requests_from, guest.found.options):
                    kept = wanted if lasting else without_traces(wanted, tell)
                    replay = Replay(client, root, authorization)
                    for one in replay.record(until_stopped(kept, stopping)):
                        write(with_images_in(recorded.file.parent, one, root))
                        request = f"{one.request['method']} {one.request['path']}"
                        tell(f"{one.response['status']}  {request}  {one.name}")
                        recorded.exchanges += 1
        finally:
            recorded.left = put_back_if_reachable(guest)
        recorded.signal = stopping.number
    return recorded


def without_traces(wanted: Iterable[Capture], tell: Callable[[str], None]) -> Iterator[Capture]:
    """Yield the captures that leave nothing behind that can't be put back; tell of the others."""
    for one in wanted:
        if why := why_lasting(one):
            tell(f"not sent  {one.name}: {why}; --leave-traces sends it")
        else:
            yield one


def until_stopped(wanted: Iterable[Capture], stopping: Stopping) -> Iterator[Capture]:
    """Yield captures until it is told to stop."""
    for one in wanted:
        if stopping.number is not None:
            return
        yield one


def requests_to_send(
    source: Path | None, options: Mapping[str, Any] | None
) -> Iterator[tuple[Iterable[Capture], Path]]:
    """Yield captured requests, or our own probes, and where their input images are.

    `options` are those that the WebUI lists, from which a probe takes one to override.

    Raises:
        ConfigError: if the folder has none.
    """
    if source is None:
        yield probes(options), Path()
        return
    for recording in recordings(source):
        yield recording.captures(), recording.root


def with_images_in(out: Path, one: Capture, root: Path) -> Capture:
    """Return a capture whose input images are files of `out`, and whose answer has no secrets."""
    setup = [keep_request(step, root, out) for step in one.setup]
    request, response = keep_request(one.request, root, out), without_secrets(one.response)
    return replace(one, setup=setup, request=request, response=response)


def keep_request(request: dict[str, Any], root: Path, out: Path) -> dict[str, Any]:
    """Return a request whose input images, if any, are files of `out`."""
    if "json" not in request:
        return request
    return request | {"json": keep_images(rebuild(request["json"], root), out)}
