"""`doctor`: is everything there that the jobs need?"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click

from app.bootstrap import Application
from app.commands.shared.opening import with_webuis
from app.commands.shared.options import (
    chosen_layer,
    json_option,
    settings_options,
)
from app.commands.shared.orphans import orphans_of
from app.commands.shared.output import count, file_size
from app.commands.shared.sections import SectionedCommand
from app.commands.shared.tables import Column, print_rows
from app.config.pipeline_config import parse_config
from app.config.requirements import Requirement, references, requirements
from app.errors import HomeError, WebUIError
from app.jobs.models import JobStatus
from app.webui.inventory import Inventory
from app.webui.node import WebUINode
from app.webui.silence import silence_of

OK, WARNING, FAILED = "ok", "warning", "failed"
_STYLES = {OK: "green", WARNING: "yellow", FAILED: "red"}
_LOW = 2_000_000_000  # bytes of a disk
_CLOCK_S = 2.0  # what clocks may differ
_MANY_SESSIONS = 0.8  # of what a server takes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `status` is the exit status that it makes."""

    subject: str
    check: str
    found: str
    result: str = OK
    status: int = 0


_COLUMNS = (
    Column[Finding]("of", lambda finding: finding.subject),
    Column[Finding]("check", lambda finding: finding.check),
    Column[Finding]("", lambda finding: finding.result, lambda finding: _STYLES[finding.result]),
    Column[Finding]("found", lambda finding: finding.found, fills=True, wraps=True),
)


@click.command(cls=SectionedCommand)
@settings_options
@with_webuis
@json_option
def doctor(app: Application, *, as_json: bool) -> int:
    """Check the home and the WebUI: is it up, with --api, with these models?

    Give it the settings of a job, as to `run`, to see whether the WebUI has those models; what
    queued jobs need is checked too. Ends with 1 if something is missing, 3 if no WebUI answers.
    """
    needed = requirements(parse_config(chosen_layer()))
    findings = list(_examine(app, needed))
    print_rows(findings, _COLUMNS, as_json=as_json, to_json=asdict, empty="")
    return max(finding.status for finding in findings)


def _examine(app: Application, needed: Iterable[Requirement]) -> Iterator[Finding]:
    yield from _home(app)
    yield from _store(app)
    if app.files.are_shared:
        yield from _images(app)
    queued = {need for needs in app.queue.waiting_needs() for need in needs}
    named = {need for job in app.queue.list_jobs() for need in references(job)}
    for runner in app.runners:
        yield from _webui(runner.node, {*needed, *queued}, named)


def _home(app: Application) -> Iterator[Finding]:
    free, state = shutil.disk_usage(app.home).free, app.queue.pause_state()
    enough = OK if free > _LOW else WARNING
    waiting = count(app.queue.counts()[JobStatus.QUEUED], "job")
    paused = f", paused: {state.reason}" if state.paused else ""
    yield Finding("home", "folder", str(app.home))
    yield Finding("home", "disk", f"{file_size(free)} free", enough)
    yield Finding("home", "queue", f"{waiting} waiting{paused}", WARNING if state.paused else OK)
    yield from _left_behind(app)


def _store(app: Application) -> Iterator[Finding]:
    facts = app.store.facts()
    yield Finding("store", "at", app.store.name)
    yield Finding("store", "version", facts.software)
    if facts.clock_ahead_s is not None:
        yield _clock("store", facts.clock_ahead_s)
    if facts.sessions is not None:
        used, most = facts.sessions
        enough = OK if used < most * _MANY_SESSIONS else WARNING
        yield Finding("store", "sessions", f"{used} of {most}", enough)
    if facts.lacking:
        rights = f"this user may not {', '.join(facts.lacking)}"
        yield Finding("store", "rights", rights, FAILED, 1)


def _images(app: Application) -> Iterator[Finding]:
    yield Finding("images", "folder", f"{app.files.images}")
    free = shutil.disk_usage(app.files.images).free
    yield Finding("images", "disk", f"{file_size(free)} free", OK if free > _LOW else WARNING)
    try:
        yield _clock("images", app.files.clock_ahead_s())
    except HomeError as error:
        yield Finding("images", "rights", f"{error}", FAILED, 1)


def _clock(subject: str, ahead_s: float) -> Finding:
    """Tell of another machine's clock; ours says when a job ran, and its when a file was made."""
    way = "ahead" if ahead_s > 0 else "behind"
    if abs(ahead_s) < _CLOCK_S:
        return Finding(subject, "clock", "like this machine's")
    return Finding(subject, "clock", f"{abs(ahead_s):.0f} s {way} of this machine's", WARNING)


def _left_behind(app: Application) -> Iterator[Finding]:
    try:
        orphans = orphans_of(app)
    except HomeError as error:
        yield Finding("home", "files", f"{error}", WARNING)
        return
    if orphans:
        size = file_size(sum(path.stat().st_size for path in orphans))
        found = f"{count(len(orphans), 'file')} ({size}) that no job names, perhaps left by a kill"
        yield Finding("home", "files", f"{found}; history prune --orphans removes them", WARNING)


def _webui(
    node: WebUINode, needed: Iterable[Requirement], named: Iterable[Requirement]
) -> Iterator[Finding]:
    if silence := silence_of(node):
        yield Finding(node.name, "up", f"{silence}", FAILED, silence.exit_status)
        return
    yield Finding(node.name, "up", _activity(node.client.progress()))
    try:
        version, options = node.version(), node.client.options()
        inventory = node.inventory()
    except WebUIError as error:
        yield Finding(node.name, "lists", f"{error}", FAILED, 1)
        return
    yield Finding(node.name, "WebUI", f"{node.kind().name} {version}".rstrip())
    yield Finding(node.name, "loaded", str(options.get("sd_model_checkpoint") or "nothing"))
    yield from _inventory(node.name, inventory)
    yield _adetailer(node, inventory)
    for need in sorted(needed):
        if reason := inventory.lacks([need]):
            yield Finding(node.name, str(need), reason, FAILED, 1)
        else:
            yield Finding(node.name, str(need), "there")
    for need in inventory.ignores(sorted(named)):
        yield Finding(node.name, str(need), "not there; queued jobs go on without it", WARNING)


def _activity(progress: Any) -> str:
    busy = progress.get("state", {}).get("job_count")
    return f"working, {progress.get('progress', 0):.0%} done" if busy else "idle"


def _inventory(name: str, inventory: Inventory) -> Iterator[Finding]:
    counts = (
        count(len(inventory.checkpoints), "checkpoint"),
        count(len(inventory.vaes or ()), "VAE"),
        count(len(inventory.upscalers or ()), "upscaler"),
    )
    yield Finding(name, "models", ", ".join(counts))


def _adetailer(node: WebUINode, inventory: Inventory) -> Finding:
    if "adetailer" in inventory.scripts:
        return Finding(node.name, "ADetailer", "there")
    kind = node.kind()
    why = "not installed" if kind.takes_adetailer else f"{kind.name} can't have it"
    found = f"{why}; jobs with --adetailer are refused"
    return Finding(node.name, "ADetailer", found, WARNING)
