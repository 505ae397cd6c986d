"""`fake-webui diff`: where the fake and a real WebUI differ."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_webui.commands.comparison import Difference, compare, most_frequent
from fake_webui.commands.probes import probes
from fake_webui.commands.replay import Replay, basic, root_of
from fake_webui.testing.client import WebUIClient
from fake_webui.testing.fake import FakeWebUI
from fake_webui.upstream.captures import Capture, load_captures

VALUE_SHOWN = 100  # characters
PLACES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the real answers come from: a WebUI, or files; and which requests are sent."""

    real_url: str | None = None
    captures: Path | None = None
    requests_from: Path | None = None
    credentials: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One request, and where the two answers to it differ."""

    capture: Capture
    differences: list[Difference]

    def lines(self, show: int) -> Iterator[str]:
        """Yield the finding as text, at most `show` places of it."""
        note = f": {self.capture.note}" if self.capture.note else ""
        yield f"{self.capture.name}{note}"
        for one in self.differences[:show]:
            yield f"    {one.where}: real {brief(one.real)} | here {brief(one.here)}"
        if len(self.differences) > show:
            yield f"    … and {len(self.differences) - show} more"

    def as_json(self) -> dict[str, Any]:
        """Return the finding with every place."""
        places = [
            {"where": one.where, "real": one.real, "here": one.here} for one in self.differences
        ]
        return {"name": self.capture.name, "note": self.capture.note, "differences": places}


def diff(
    sources: Sources, server: FakeWebUI, tell: Callable[[str], None], *, show: int, as_json: bool
) -> bool:
    """Compare a fresh fake with real answers, tell where they differ, and return whether they do.

    Raises:
        UnreachableError: if the real WebUI does not answer.
        ConfigError: if a capture can't be read.
        StartError: if the fake does not start.
    """
    findings: list[Finding] = []
    with server, real_answers(sources) as (captures, root):
        here = Replay(WebUIClient(server.url), root, basic(sources.credentials))
        for one in captures:
            server.reset()
            found = compare(one.request, one.response, here.answer(one), loose=one.loose)
            findings.append(Finding(one, found))
            if found and not as_json:
                tell("\n".join(findings[-1].lines(show)))
    tell(json.dumps([one.as_json() for one in findings]) if as_json else summary(findings))
    return any(one.differences for one in findings)


@contextmanager
def real_answers(sources: Sources) -> Iterator[tuple[Iterable[Capture], Path]]:
    """Yield the real answers, read or asked for one by one, and where input images are."""
    folder = sources.captures or sources.requests_from
    wanted = load_captures(folder) if folder else probes()
    root = root_of(folder) if folder else Path()
    if sources.real_url is None:
        yield wanted, root
        return
    client = WebUIClient(sources.real_url)
    yield Replay(client, root, basic(sources.credentials)).record(wanted), root
    client.close()


def brief(value: Any) -> str:
    """Return a JSON value in a few words."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_SHOWN else f"{text[:VALUE_SHOWN]}…"


def summary(findings: list[Finding]) -> str:
    """Return the last lines: what differs most often, and how many answers agree."""
    places = most_frequent(one for finding in findings for one in finding.differences)
    shown = ", ".join(f"{place} x{times}" for place, times in list(places.items())[:PLACES_SHOWN])
    alike = sum(not finding.differences for finding in findings)
    counted = f"{alike} of {len(findings)} answers are alike"
    return f"\nmost frequent: {shown}\n{counted}" if places else counted
