"""`fake-webui capture`: record how a WebUI answers."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_webui.commands.probes import probes
from fake_webui.commands.replay import Replay, basic
from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.images import keep_images, rebuild
from fake_webui.upstream.recording import COMPRESSED, PLAIN, recordings, writing

FILE_NAME = f"recording{COMPRESSED}"  # in a folder


def capture(
    url: str,
    out: Path,
    requests_from: Path | None,
    credentials: str | None,
    tell: Callable[[str], None],
) -> tuple[int, Path]:
    """Send requests to a WebUI, record the answers, and return how many and the file.

    Raises:
        UnreachableError: if the WebUI does not answer.
        ConfigError: if a captured request can't be read.
    """
    file = out if out.name.endswith((PLAIN, COMPRESSED)) else out / FILE_NAME
    recorded = 0
    with closing(WebUIClient(url)) as client, writing(file) as write:
        for wanted, root in requests_to_send(requests_from):
            for one in Replay(client, root, basic(credentials)).record(wanted):
                write(with_images_in(file.parent, one, root))
                request = f"{one.request['method']} {one.request['path']}"
                tell(f"{one.response['status']}  {request}  {one.name}")
                recorded += 1
    return recorded, file


def requests_to_send(
    source: Path | None,
) -> Iterator[tuple[list[Capture] | Iterator[Capture], Path]]:
    """Yield captured requests, or our own probes, and where their input images are.

    Raises:
        ConfigError: if the folder has none.
    """
    if source is None:
        yield probes(), Path()
        return
    for recording in recordings(source):
        yield recording.captures(), recording.root


def with_images_in(out: Path, one: Capture, root: Path) -> Capture:
    """Return a capture whose input images are files of `out`."""
    setup = [keep_request(step, root, out) for step in one.setup]
    return replace(one, setup=setup, request=keep_request(one.request, root, out))


def keep_request(request: dict[str, Any], root: Path, out: Path) -> dict[str, Any]:
    """Return a request whose input images, if any, are files of `out`."""
    if "json" not in request:
        return request
    return request | {"json": keep_images(rebuild(request["json"], root), out)}
