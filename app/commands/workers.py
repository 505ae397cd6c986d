"""`workers`: who works on the queue, on which host, and on what."""

from dataclasses import asdict
from typing import Any

import click

from app.bootstrap import Application
from app.commands.shared.opening import with_app_to_read
from app.commands.shared.options import json_option, unused_webui_option
from app.commands.shared.output import local_time
from app.commands.shared.tables import Column, print_rows
from app.jobs.workers import WorkerRecord


def _trouble(worker: WorkerRecord) -> str:
    return worker.outage or "" if worker.alive else "missing"


_COLUMNS = (
    Column[WorkerRecord]("host", lambda one: one.host),
    Column[WorkerRecord]("process", lambda one: str(one.process), right=True),
    Column[WorkerRecord]("WebUI", lambda one: one.webui, fills=True),
    Column[WorkerRecord]("since", lambda one: local_time(one.started_at)),
    Column[WorkerRecord]("runs", lambda one: one.job_id or "nothing", short=8),
    Column[WorkerRecord](
        "job since", lambda one: local_time(one.job_started_at) if one.job_started_at else ""
    ),
    Column[WorkerRecord]("", _trouble, lambda one: "" if one.alive else "red"),
)


@click.command()
@unused_webui_option
@with_app_to_read
@json_option
def workers(app: Application, *, as_json: bool) -> None:
    """See who works on the queue, where, on what, and why a WebUI takes no jobs.

    One that is missing gives no sign of life. It is taken for dead after a while, and its job
    becomes interrupted.
    """
    found = app.registry.workers()
    print_rows(found, _COLUMNS, as_json=as_json, to_json=_json, empty="Nobody works on the queue.")


def _json(worker: WorkerRecord) -> dict[str, Any]:
    return asdict(worker)
