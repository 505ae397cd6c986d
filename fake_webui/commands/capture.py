"""`fake-webui capture`: record how a WebUI answers."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_webui.commands.probes import probes
from fake_webui.commands.replay import Replay, basic, root_of
from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import Capture, keep_images, load_captures, rebuild


def capture(
    url: str,
    out: Path,
    requests_from: Path | None,
    credentials: str | None,
    tell: Callable[[str], None],
) -> int:
    """Send requests to a WebUI, write each answer to a file of `out`, and return how many.

    Raises:
        UnreachableError: if the WebUI does not answer.
        ConfigError: if a captured request can't be read.
    """
    wanted, root = requests_to_send(requests_from, out)
    client = WebUIClient(url)
    recorded = 0
    for one in Replay(client, root, basic(credentials)).record(wanted):
        with_images_in(out, one, root).save(out)
        tell(f"{one.response['status']}  {one.request['method']} {one.request['path']}  {one.name}")
        recorded += 1
    client.close()
    return recorded


def requests_to_send(folder: Path | None, out: Path) -> tuple[Iterable[Capture], Path]:
    """Return captured requests, or our own probes, and where their input images are.

    Raises:
        ConfigError: if the folder has none.
    """
    if folder:
        return load_captures(folder), root_of(folder)
    return probes(), out


def with_images_in(out: Path, one: Capture, root: Path) -> Capture:
    """Return a capture whose input images are files of `out`."""
    setup = [keep_request(step, root, out) for step in one.setup]
    return replace(one, setup=setup, request=keep_request(one.request, root, out))


def keep_request(request: dict[str, Any], root: Path, out: Path) -> dict[str, Any]:
    """Return a request whose input images, if any, are files of `out`."""
    if "json" not in request:
        return request
    return request | {"json": keep_images(rebuild(request["json"], root), out)}
