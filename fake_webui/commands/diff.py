"""`fake-webui diff`: where the fake and a real WebUI differ."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_webui.commands.comparison import Difference, compare, most_frequent
from fake_webui.commands.probes import probes
from fake_webui.commands.replay import Replay, basic
from fake_webui.commands.traces import Guest, put_back_if_reachable, why_lasting
from fake_webui.errors import ConfigError, UnreachableError
from fake_webui.testing.client import CONTROL_PREFIX, WebUIClient
from fake_webui.testing.fake import FakeWebUI
from fake_webui.upstream.captures import Capture
from fake_webui.upstream.recording import Recording, recordings
from fake_webui.wording import shown

VALUE_SHOWN = 100  # characters
PLACES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is compared with what: whose real answers, which of them, and with which server.

    `captures` and `requests_from` are recordings or folders of them; `only` is a regular
    expression that names of captures contain; `against` is a server that runs already.
    """

    real_url: str | None = None
    captures: Path | None = None
    requests_from: Path | None = None
    groups: tuple[str, ...] = ()
    only: str = ""
    credentials: str | None = None
    against: str | None = None
    server: Mapping[str, Any] = field(default_factory=dict)  # options of the fake that is started


@dataclass(frozen=True, slots=True)
class Group:
    """Captures that one server answers: where their images are, how it is to be started."""

    name: str
    captures: Iterable[Capture]
    root: Path
    started: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One request, and where the two answers to it differ."""

    group: str
    name: str
    note: str
    differences: list[Difference]

    def lines(self, show: int) -> Iterator[str]:
        """Yield the finding as text, at most `show` places of it."""
        yield f"{self.name}{f': {self.note}' if self.note else ''}"
        for one in self.differences[:show]:
            yield f"    {one.where}: real {brief(one.real)} | here {brief(one.here)}"
        if len(self.differences) > show:
            yield f"    … and {len(self.differences) - show} more"

    def as_json(self) -> dict[str, Any]:
        """Return the finding with every place."""
        places = [
            {"where": one.where, "real": one.real, "here": one.here} for one in self.differences
        ]
        return {"group": self.group, "name": self.name, "note": self.note, "differences": places}


def diff(question: Question, tell: Callable[[str], None], *, show: int, as_json: bool) -> bool:
    """Compare a server with real answers, tell where they differ, and return whether they do.

    Raises:
        UnreachableError: if a WebUI that runs already does not answer.
        ConfigError: if a capture can't be read, or there is none.
        StartError: if the fake does not start.
    """
    findings: list[Finding] = []
    for group in groups(question):
        for finding in answers_compared(question, group):
            findings.append(finding)
            if finding.differences and not as_json:
                tell("\n".join(finding.lines(show)))
    if not findings:
        raise ConfigError(f"no capture has a name with {shown(question.only)} in it")
    tell(json.dumps([one.as_json() for one in findings]) if as_json else summary(findings))
    return any(one.differences for one in findings)


def groups(question: Question) -> list[Group]:
    """Return what is sent: groups of recorded exchanges, or our own probes.

    Raises:
        ConfigError: if a recording or a group of that name is not there.
    """
    source = question.captures or question.requests_from
    if source is None:
        return [Group("probes", probes(), Path(), {})]
    found = {one.name: one for one in recordings(source)}
    if missing := set(question.groups) - found.keys():
        raise ConfigError(f"{source} has no group {min(missing)}; it has {', '.join(found)}")
    return [group_of(found[name]) for name in question.groups or found]


def group_of(recording: Recording) -> Group:
    """Return the exchanges of a recording."""
    return Group(recording.name, recording.captures(), recording.root, recording.started())


def answers_compared(question: Question, group: Group) -> Iterator[Finding]:
    """Yield for each capture of a group where the answer to its request differs."""
    authorization = basic(question.credentials)
    wanted = filter(pattern(question.only), group.captures)
    with server_compared(question, group) as client:
        here = Replay(client, group.root, authorization)
        for one in real_answers(question, wanted, group.root):
            yield Finding(group.name, one.name, one.note, found_in(one, here))


def pattern(only: str) -> Callable[[Capture], bool]:
    """Return what says whether a regular expression is found in a capture's name.

    Raises:
        ConfigError: if it is not one.
    """
    try:
        compiled = re.compile(only)
    except re.error as error:
        raise ConfigError(f"--only {only}: it is not a regular expression: {error}") from error
    return lambda capture: bool(compiled.search(capture.name))


@contextmanager
def server_compared(question: Question, group: Group) -> Iterator[WebUIClient]:
    """Yield a client of the server under comparison: a fresh fake, or one that runs already."""
    if question.against:
        with closing(WebUIClient(question.against)) as client:
            reset(client)
            yield client
        return
    fake = FakeWebUI(**{**group.started, **question.server})
    with fake, closing(WebUIClient(fake.url)) as client:
        yield client


def real_answers(question: Question, wanted: Iterator[Capture], root: Path) -> Iterator[Capture]:
    """Yield captures with the real answers: as recorded, or asked for one by one.

    What that changes in the real WebUI is put back; what would leave a trace is not sent.

    Raises:
        ConfigError: if none was recorded.
    """
    if question.real_url is None:
        for one in wanted:
            if "status" not in one.response:
                raise ConfigError(f"the capture {one.name} has a request, but no answer")
            yield one
        return
    authorization = basic(question.credentials)
    with closing(WebUIClient(question.real_url)) as client:
        guest = Guest(client, authorization)
        try:
            kept = (one for one in wanted if not why_lasting(one))
            yield from Replay(client, root, authorization).record(kept)
        finally:
            put_back_if_reachable(guest)


def found_in(capture: Capture, here: Replay) -> list[Difference]:
    """Return where a reset server's answer differs; that there is none is a difference too."""
    try:
        reset(here.client)
        answer = here.answer(capture)
    except UnreachableError as error:
        return [Difference("transport", "an answer", str(error))]
    return compare(capture, answer)


def reset(client: WebUIClient) -> None:
    """Put a fake back as at its start; a server that is none stays as it is.

    Raises:
        UnreachableError: if there is no answer.
    """
    client.send("POST", f"{CONTROL_PREFIX}/reset")


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
