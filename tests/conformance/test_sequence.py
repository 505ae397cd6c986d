"""A recorded sequence of 1,183 varied requests, state kept between them, sent to the fake."""

import gzip
import json
import re
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fake_webui import FakeWebUI
from fake_webui.commands.comparison import Terms, comparable, differences, info_differences
from tests.conformance.talking import IDLE_S, Talk, talk
from tests.conftest import StartFake

HERE = Path(__file__).parent / "sequence"
FLAGS = ("--config", str(HERE / "catalogue.toml"), "--api-server-stop")
KNOWN = HERE / "known-differences.txt"
OPTIONS = {"method": "GET", "path": "/sdapi/v1/options"}
VALUES = (
    "content-type", "allow", "server", "connection", "transfer-encoding", "vary",
    "content-encoding", "www-authenticate", "access-control-allow-origin",
    "access-control-allow-methods", "access-control-allow-headers",
    "access-control-allow-credentials", "access-control-max-age", "location", "upgrade",
    "retry-after",
)  # fmt: skip
# Dotted places whose values depend on the machine or the moment; and lists that do so as a whole.
BY_TYPE = (
    r"info\.job_timestamp", r".*\.job_timestamp", r"eta_relative", r".*current_image",
    r".*live_preview", r"ram\..*", r"cuda\..*", r"(.*_explanation|settings_in_ui)",
)  # fmt: skip
MACHINE = r"/(memory|cmd-flags|extensions|config|info|openapi\.json|app_id)$|profile-startup"
FOLDERS = re.compile(r"/(?:[\w.+-]+/)+")
LONGEST_TIDIED = 4000  # characters

Case = dict[str, Any]


def cases() -> Iterator[Case]:
    """Yield the recorded cases: exchanges that belong together, and the options they changed."""
    with gzip.open(HERE / "seed-11.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def test_the_sequence_differs_nowhere_else(start_fake: StartFake) -> None:
    """The cases that the fake answers otherwise are those listed: one fewer is to be struck out.

    Each starts from the options of the start; whatever else earlier requests left is kept, as
    the recorded server kept it.
    """
    differing = differing_cases(start_fake("sequence", *FLAGS))
    known = set(KNOWN.read_text(encoding="utf-8").split())
    report = "\n".join(f"{name}: {differing[name]}" for name in sorted(differing.keys() - known))
    assert not differing.keys() - known, report
    assert not known - differing.keys(), "these agree now: strike them out of the list"


def differing_cases(server: FakeWebUI) -> dict[str, str]:
    """Return the cases that are answered otherwise, each with the first difference."""
    parts = urlsplit(server.url)
    address = (str(parts.hostname), int(parts.port or 0))
    found: dict[str, str] = {}
    talks: deque[tuple[Case, list[Talk]]] = deque()
    original = talk(address, OPTIONS).answers[0]["json"]
    for case in cases():
        told = [talk(address, one["request"]) for one in case["exchanges"]]
        changed = put_back(address, original, case)
        if changed.keys() != case["changed"].keys():
            found[case["name"]] = f"options left behind: {changed} for {case['changed']}"
        talks.append((case, told))
        while talks and talks[0][1][-1].since_s + IDLE_S < time.monotonic():
            found |= first_difference(*talks.popleft())
    for case, told in talks:
        found |= first_difference(case, told)
    return found


def put_back(address: tuple[str, int], original: dict[str, Any], case: Case) -> dict[str, Any]:
    """Set the options that a case changed to what they were, and return what they had become."""
    (answer,) = talk(address, OPTIONS).answers
    if answer["status"] != 200:  # an option that has become what it may not be
        set_options(
            address, {n: original[n] for n in case.get("put_back", original) if n in original}
        )
        return {"<options broken>": True}
    now = answer["json"]
    changed = {name: value for name, value in now.items() if original.get(name, "") != value}
    changed.pop("sd_checkpoint_hash", None)
    set_options(address, {name: original[name] for name in changed if name in original})
    return changed


def set_options(address: tuple[str, int], values: dict[str, Any]) -> None:
    """Post options, if any."""
    if values:
        talk(address, {"method": "POST", "path": "/sdapi/v1/options", "json": values})


def first_difference(case: Case, told: list[Talk]) -> dict[str, str]:
    """Return {name of the case: where it differs first}, {} where it does not."""
    for exchange, one in zip(case["exchanges"], told, strict=True):
        one.settle(exchange["end"])
        for where, real, here in exchange_differences(exchange, one):
            return {case["name"]: f"{where}: real {str(real)[:200]} | here {str(here)[:200]}"}
    return {}


def exchange_differences(exchange: Case, told: Talk) -> Iterator[tuple[str, Any, Any]]:
    """Yield where answers or the end of the connection differ from what was recorded."""
    statuses = [[one["status"] for one in side] for side in (exchange["answers"], told.answers)]
    if statuses[0] != statuses[1]:
        yield "status", statuses[0], [statuses[1], told.answers]
        return
    if exchange["end"] != told.end:
        yield "connection", exchange["end"], told.end
    for real, here in zip(exchange["answers"], told.answers, strict=True):
        yield from head_differences(exchange["request"], real, here)
        yield from body_differences(exchange["request"], real, here)


def head_differences(request: Case, real: Case, here: Case) -> Iterator[tuple[str, Any, Any]]:
    """Yield where two status lines or their headers differ."""
    names = ("version", "interim", *(("reason",) if request.get("watch") else ()))
    for name in names:
        if real.get(name) != here.get(name):
            yield name, real.get(name), here.get(name)
    one, other = real.get("headers", {}), here.get("headers", {})
    for name in sorted((one.keys() | other.keys()) - {"date"}):
        if (
            name not in one
            or name not in other
            or without_port(name, one) != without_port(name, other)
        ):
            yield f"header {name}", one.get(name), other.get(name)


def without_port(name: str, headers: dict[str, str]) -> str:
    """Return a header's value as far as it is compared."""
    return re.sub(r":\d{4,5}", ":PORT", headers[name]) if name in VALUES else ""


def body_differences(request: Case, real: Case, here: Case) -> Iterator[tuple[str, Any, Any]]:
    """Yield where two bodies differ; pages are not compared."""
    if "omitted" in real or real["status"] == 101:
        return
    if "json" not in real or "json" not in here:
        one, other = (side.get("text", side.get("json")) for side in (real, here))
        if one != other:
            yield "body", one, other
        return
    path = request.get("path", "").partition("?")[0]
    one, other = (comparable(side["json"], request.get("json")) for side in (real, here))
    keys = [list(side) for side in (one, other) if isinstance(side, dict)]
    if len(keys) == 2 and keys[0] != keys[1] and set(keys[0]) == set(keys[1]):
        yield "order of keys", keys[0], keys[1]
    for found in (
        *info_differences(real["json"], here["json"]),
        *differences(tidy(one, path), tidy(other, path), "", terms(path)),
    ):
        yield found.where, found.real, found.here


def terms(path: str) -> Terms:
    """Return what is compared by type in the answers of a path."""
    places = [*BY_TYPE, *([r".*"] if re.search(MACHINE, path) else [])]
    if path.endswith("script-info"):
        places += [r".*\.choices.*", r".*\.value"]
    return Terms(re.compile("|".join(places)), pixels=False)


def tidy(value: Any, path: str) -> Any:
    """Take the machine out of a JSON value: folders, times, addresses of objects."""
    if isinstance(value, dict):
        return {
            key: None if key == "config" and path.endswith("sd-models") else tidy(one, path)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [tidy(one, path) for one in value]
    return tidy_text(value) if isinstance(value, str) else value


def tidy_text(text: str) -> str:
    """Take the machine out of a text."""
    if len(text) >= LONGEST_TIDIED:
        return text
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    text = re.sub(r"\d+(\.\d+)? sec\.", "N sec.", text)
    from_root = any(root in text for root in ("/tmp/", "/srv/", "/home/"))  # noqa: S108 (no file)
    return FOLDERS.sub("<dir>/", text) if from_root else text


if __name__ == "__main__":
    with FakeWebUI(*FLAGS) as started:
        for name, difference in differing_cases(started).items():
            print(f"{name}  {difference}")
