"""What polling showed of real WebUIs while they generated, compared with the fake.

Times are those of another machine, so what is compared is the order of the passes, what
progress answers at one and the same step, which calls wait for a generation, and the answer.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI
from fake_webui.commands.comparison import compare
from fake_webui.upstream.captures import Capture, captured_answer
from fake_webui.upstream.images import rebuild
from tests.conformance.recorded_timelines import MARKED, SERVERS, timelines
from tests.conftest import StartFake
from tests.support import wait_until

HERE = Path(__file__).parent
PACES_S = (0.03, 0.1, 0.4)  # of a step
HELD_STEP = 3
EXACT = 1e-6
LATEST_ORDER = 12  # after the first preview, and early enough for orders that are late
PATIENT_S, IMPATIENT_S = 30.0, 0.4  # how long to wait for a call that is answered, or is not
POLLED = (
    "interrupt_niter3",
    "interrupt_niter3_save",
    "interrupt_single",
    "prog_seq_hires",
    "prog_seq_niter3",
    "prog_seq_single",
    "prog_seq_skipimg",
    "prog_seq_taskid",
    "skip_niter3",
)
# Polled so seldom that no step was seen before the order.
UNSEEN = ("forge", "interrupt_single")
# One more task was pending from before, which had failed before its turn.
LEFTOVER = ("In queue: 2/2", "In queue: 1/1")
# What SD.Next answers otherwise: extras are broken in the recorded commit alone, and another
# checkpoint was not loaded after the generation, which broke off under it.
OTHERWISE = ("/sdapi/v1/extra-single-image", "/sdapi/v1/checkpoint")

POLLED_OF = [
    pytest.param(kind, name, marks=marks)
    for kind, marks in MARKED.items()
    for name in POLLED
    if (kind, name) != UNSEEN
]

Start = Callable[[str], FakeWebUI]


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer of progress while a pass was going on."""

    job: str
    number: int
    count: int
    step: int
    steps: int
    id: str | None
    progress: float
    picture: tuple[Any, ...] | None

    @property
    def part(self) -> tuple[Any, ...]:
        """In which pass it was seen; a WebUI may give several the same name and number."""
        return self.job, self.number, self.count, self.steps


@pytest.fixture(scope="module")
def recorded(start_fake: StartFake) -> Start:
    """Return a server of a profile with the recorded one's models, whose steps take time."""

    @cache
    def start(profile: str) -> FakeWebUI:
        config = str(HERE / profile / "catalogue.toml")
        words = ("--profile", profile, "--config", config, "--step-seconds", str(PACES_S[0]))
        return start_fake(f"timelines-{profile}", *words)

    def started(profile: str) -> FakeWebUI:
        server = start(profile)
        reset(server, profile)
        return server

    return started


def reset(server: FakeWebUI, profile: str) -> None:
    """Bring a server back to its start, as the recorded one was: without a rate limit."""
    server.reset()
    if profile == "sdnext":
        options = {"server_rate_limit": 0}
        requests.post(f"{server.url}/sdapi/v1/options", json=options, timeout=PATIENT_S)


class Generation(threading.Thread):
    """A request that is answered while the test looks at something else."""

    def __init__(self, server: FakeWebUI, path: str, payload: Any) -> None:
        super().__init__()
        self._url, self._payload = server.url + path, payload
        self.answer: requests.Response | None = None
        self.start()

    def run(self) -> None:
        """Send the request."""
        self.answer = requests.post(self._url, json=self._payload, timeout=PATIENT_S)

    @property
    def captured(self) -> dict[str, Any]:
        """The answer, once it is there, as a recording has it."""
        self.join()
        assert self.answer is not None
        headers = dict(self.answer.headers)
        return captured_answer(self.answer.status_code, headers, self.answer.content)


def seen(progress: Mapping[str, Any]) -> Seen:
    """Return what counts of an answer of progress."""
    state, picture = progress["state"], progress["current_image"]
    described = picture and (picture["format"], picture["width"], picture["height"])
    return Seen(
        state["job"],
        state["job_no"],
        state["job_count"],
        state["sampling_step"],
        state["sampling_steps"],
        progress.get("id"),
        progress["progress"],
        described,
    )


def sampling(answers: Sequence[Mapping[str, Any]], steps: int) -> list[Seen]:
    """Return those answers that were given while the request itself was sampled.

    Before its first step a WebUI shows what is left of the request before.
    """
    found = [seen(one) for one in answers]
    return [one for one in found if one.job and one.step and one.steps == steps]


def passes(states: list[Seen]) -> list[list[Seen]]:
    """Return what was seen of each pass; another name, number or id is another pass."""
    return [list(group) for _, group in groupby(states, lambda one: (one.part, one.id))]


def poll(server: FakeWebUI, query: str) -> dict[str, Any]:
    """Return what progress answers now, pictures described."""
    answer = requests.get(f"{server.url}/sdapi/v1/progress{query}", timeout=PATIENT_S)
    body: dict[str, Any] = captured_answer(200, {}, answer.content)["json"]
    return body


def order_after(timeline: Mapping[str, Any], steps: int) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield each order, with the pass in which it was sent and the first step for it.

    Which step of a pass it was makes no difference, but for the previews before it.
    """
    for action in timeline["actions"]:
        before = [one["progress"] for one in timeline["sequence"] if one["t"] < action["t"]]
        states = sampling(before, steps)
        yield (len(passes(states)), min(states[-1].step, LATEST_ORDER)), action["post"]


def watched(server: FakeWebUI, timeline: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Generate as it was recorded, and return what progress showed, and the answer."""
    request = timeline["request"]
    steps = request["json"]["steps"]
    orders = list(order_after(timeline, steps))
    generation = Generation(server, request["path"], request["json"])
    answers = []
    while generation.is_alive():
        answers.append(poll(server, timeline["query"]))
        states = sampling(answers, steps)
        if orders and states and (len(passes(states)), states[-1].step) >= orders[0][0]:
            requests.post(server.url + orders.pop(0)[1], timeout=PATIENT_S)
    answers.append(poll(server, timeline["query"]))
    return answers, generation.captured


def between(real: list[Seen], here: list[Seen]) -> Iterator[tuple[Seen, Seen, Seen]]:
    """Yield what was seen here in a pass, each with what was recorded before it and after it."""
    for one in here:
        before = [other for other in real if other.step <= one.step] or real[:1]
        after = [other for other in real if other.step >= one.step] or real[-1:]
        yield before[-1], one, after[0]


def is_between(before: Seen, one: Seen, after: Seen) -> bool:
    """Return whether progress is no less than before, nor more than after.

    A WebUI reads the progress before the step, so what was recorded can be one step behind.
    """
    least = before.progress if before.step <= one.step else 0.0
    most = after.progress + 1 / one.steps / one.count if after.step >= one.step else 1.0
    return least - EXACT <= one.progress <= most + EXACT


def at_rest(progress: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what progress shows once nothing is going on."""
    state = progress["state"]
    return seen(progress), state["skipped"], state["interrupted"]


@pytest.mark.parametrize(("kind", "name"), POLLED_OF)
def test_progress_is_as_recorded(recorded: Start, kind: str, name: str) -> None:
    """The passes follow each other as recorded, and a step shows the same progress and preview."""
    timeline = timelines(kind)[name]
    steps = timeline["request"]["json"]["steps"]
    real = passes(sampling([one["progress"] for one in timeline["sequence"]], steps))
    rest = at_rest(timeline["sequence"][-1]["progress"])
    server = recorded(kind)
    for step_s in PACES_S:  # on a busy machine an order can come a pass too late
        server.settings(step_seconds=step_s)
        answers, answer = watched(server, timeline)
        here = passes(sampling(answers, steps))
        if (len(here), at_rest(answers[-1])) == (len(real), rest):
            break
    assert [one[0].part for one in here] == [one[0].part for one in real]
    found = [row for pair in zip(real, here, strict=True) for row in between(*pair)]
    assert not [row for row in found if not is_between(*row)]
    if kind != "sdnext":  # whose previews are there in an instant, or are not
        wrong = [row for row in found if row[1].picture not in (row[0].picture, row[2].picture)]
        assert not wrong
    assert at_rest(answers[-1]) == rest
    if "response" in timeline:
        capture = Capture(name=name, request=timeline["request"], response=timeline["response"])
        assert compare(capture, answer) == []


@pytest.mark.parametrize("kind", SERVERS)
def test_calls_wait_as_recorded(recorded: Start, kind: str) -> None:
    """While a generation runs, the same calls are answered at once, and the same wait for it."""
    server = recorded(kind)
    wrong = {}
    for row in timelines(kind)["lock_matrix"]["rows"]:
        reset(server, kind)
        found = waits(server, kind, row)
        if found != (row["waited"], row["status"]) and not is_otherwise(kind, row):
            wrong[row["method"], row["path"], str(row.get("json"))[:40]] = found
    assert not wrong


def is_otherwise(profile: str, row: Mapping[str, Any]) -> bool:
    """Return whether a call is one that has its own reason."""
    return profile == "sdnext" and row["path"].startswith(OTHERWISE)


def waits(server: FakeWebUI, profile: str, row: Mapping[str, Any]) -> tuple[bool, int]:
    """Return whether a call is answered only after a generation, and with which status."""
    payload = {"prompt": "a boat", "width": 64, "height": 64, "steps": 20}
    with server.hold("/sdapi/v1/txt2img", at_step=HELD_STEP) as held:
        generation = Generation(server, "/sdapi/v1/txt2img", payload)
        held.wait()
        call = Call(server, row, HERE / profile)
        call.join(IMPATIENT_S if row["waited"] else PATIENT_S)
        waited = call.is_alive()
        held.release()
        call.join()
    generation.join()
    return waited, call.status


class Call(threading.Thread):
    """A recorded call, sent from beside."""

    def __init__(self, server: FakeWebUI, row: Mapping[str, Any], root: Path) -> None:
        super().__init__()
        self._words = row["method"], server.url + row["path"]
        self._body = rebuild(row.get("json"), root)
        self.status = 0
        self.start()

    def run(self) -> None:
        """Send the call."""
        self.status = requests.request(*self._words, json=self._body, timeout=PATIENT_S).status_code


def tasks(row: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return what is said of two tasks at one time."""
    inner = row.get("internal", row)
    found = [inner.get(f"task({one})", inner.get(f"task_{one}")) for one in "ab"]
    words = ("active", "queued", "completed", "textinfo")
    return [tuple(told(one[word]) for word in words) for one in found]


def told(value: Any) -> Any:
    """Return what is said of a task, without what was left over in the recorded queue."""
    return value.replace(*LEFTOVER) if isinstance(value, str) else value


def ask_tasks(server: FakeWebUI) -> dict[str, Any]:
    """Return what `/internal/progress` says of both tasks, one after the other."""
    url = f"{server.url}/internal/progress"
    return {
        name: requests.post(url, json={"id_task": name}, timeout=PATIENT_S).json()
        for name in ("task(a)", "task(b)")
    }


@pytest.mark.parametrize("kind", SERVERS)
def test_two_requests_at_once_are_told_as_recorded(recorded: Start, kind: str) -> None:
    """The second waits in the queue, and each is told in the recorded words."""
    server = recorded(kind)
    timeline = timelines(kind)["conc_two"]
    rows = [one for one in timeline["sequence"] if len(tasks_in(one)) == 2]
    payload = {"prompt": "a boat", "width": 64, "height": 64, "steps": 20, "seed": 1}
    with server.hold("/sdapi/v1/txt2img", at_step=HELD_STEP) as held:
        first = Generation(server, "/sdapi/v1/txt2img", {**payload, "force_task_id": "task(a)"})
        held.wait()
        with server.hold("/sdapi/v1/txt2img", at_step=HELD_STEP) as other:
            second = Generation(
                server, "/sdapi/v1/txt2img", {**payload, "force_task_id": "task(b)"}
            )
            server.wait("/sdapi/v1/txt2img", at_least=2)
            known = wait_until(lambda: in_order(server, tasks(rows[0])))
            held.release()
            other.wait()
            later = ask_tasks(server)
    first.join()
    second.join()
    assert [known, tasks(later)] == [tasks(rows[0]), tasks(rows[-1])]


def tasks_in(row: Mapping[str, Any]) -> list[Any]:
    """Return the two tasks that a row tells of, none where it tells of something else."""
    inner = row.get("internal", row)
    return [value for key, value in inner.items() if key.startswith("task") and value]


def in_order(server: FakeWebUI, wanted: list[tuple[Any, ...]]) -> list[tuple[Any, ...]] | None:
    """Return what is said of the tasks once it is what was recorded."""
    found = tasks(ask_tasks(server))
    return found if found == wanted else None


@pytest.mark.parametrize("kind", [one for one in SERVERS if one.values[0] != "forge"])
def test_a_client_that_leaves_ends_nothing(recorded: Start, kind: str) -> None:
    """The generation goes on step by step, as it was seen to."""
    server = recorded(kind)
    steps = [
        one["step"] for one in timelines(kind)["disconnect_midgen"]["sequence"] if "step" in one
    ]
    payload = {"prompt": "a boat", "width": 64, "height": 64, "steps": 40}
    server.settings(step_seconds=0.5)
    with server.hold("/sdapi/v1/txt2img", at_step=1) as held:
        with pytest.raises(requests.ReadTimeout):
            requests.post(f"{server.url}/sdapi/v1/txt2img", json=payload, timeout=IMPATIENT_S)
        held.wait()
    assert max(steps) > steps[0]
    wait_until(lambda: poll(server, "")["state"]["sampling_step"] > 1)


@pytest.mark.parametrize("kind", [one for one in SERVERS if one.values[0] != "sdnext"])
def test_a_stop_in_the_middle_is_as_recorded(kind: str) -> None:
    """What runs is answered; then HTTP is closed, and the process ends or lives on."""
    timeline = timelines(kind)["server_stop_sequence"]
    payload = {"prompt": "a boat", "width": 64, "height": 64, "steps": 20}
    with FakeWebUI(profile=kind, api_server_stop=True, step_seconds=0.2) as server:
        generation = Generation(server, "/sdapi/v1/txt2img", payload)
        wait_until(lambda: poll(server, "")["state"]["sampling_step"])
        requests.post(f"{server.url}/sdapi/v1/server-stop", timeout=PATIENT_S)
        answer = generation.captured
        running = {"status": answer["status"], "n": len(answer["json"]["images"])}
        assert running == timeline["running_request"]
        wait_until(lambda: not answers(server))
        if timeline["exited"]:
            wait_until(lambda: server.exit_status is not None)
        else:
            assert server.exit_status is None


def answers(server: FakeWebUI) -> bool:
    """Return whether a server takes connections."""
    try:
        requests.get(f"{server.url}/internal/ping", timeout=PATIENT_S)
    except requests.ConnectionError:
        return False
    return True
