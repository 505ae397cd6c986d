"""How far SD.Next is, what it did, what it is, and how to end things."""

import base64
import time
from importlib import import_module
from typing import Any, Final

from fake_webui.contract import Family, Parsed, tables
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.profiles.sdnext.tables import query, table
from fake_webui.webui.state import WebUIState
from fake_webui.webui.state.progress import Progress

endpoints = Family()

BRANCH, UPDATED = "master", "2026-07-23"
WAITING: Final = "Waiting..."
TASK: Final = {
    "job": "",
    "textinfo": None,
    "active": False,
    "queued": False,
    "paused": False,
    "completed": False,
    "debug": False,
    "step": 0,
    "steps": 1,
    "batch_no": 0,
    "batch_count": 0,
    "progress": 0.0,
    "eta": None,
    "live_preview": None,
    "id_live_preview": 0,
}


def _is_running(state: WebUIState) -> bool:
    return state.progress.job_count != 0 or bool(memory_of(state).stuck)


def _word(now: Progress, *, is_running: bool) -> str:
    """Say in a word what is going on; an order counts until the next job begins."""
    if now.interrupted:
        return "interrupted"
    if now.skipped:
        return "skipped"
    return "running" if is_running else "idle"


def _done(state: WebUIState) -> float:
    """Return how far this pass is, from 0 to 1."""
    now = state.progress
    if not now.job_count or not now.sampling_steps:
        return 0.0
    return round(min(1.0, now.sampling_step / now.sampling_steps), 2)


def _eta_s(state: WebUIState, done: float) -> float:
    elapsed_s = state.progress.elapsed_s()
    return round(elapsed_s / done - elapsed_s, 2) if done > 0 else 0.0


@endpoints.get("/sdapi/v1/progress", query=tables.PROGRESS_QUERY)
def progress(state: WebUIState, asked: Parsed) -> Any:
    """Answer with the progress of the pass that is going on."""
    now, memory = state.progress, memory_of(state)
    is_running, done = _is_running(state), _done(state)
    wants_image = now.job_count and not asked.values["skip_current_image"]
    return {
        "id": memory.job_id if is_running else "",
        "progress": done,
        "eta_relative": _eta_s(state, done),
        "state": {
            "skipped": now.skipped,
            "interrupted": now.interrupted,
            "job": now.job if now.job_count else memory.stuck,
            "job_count": int(is_running),
            "job_timestamp": now.job_timestamp,
            "job_no": 0,
            "sampling_step": now.sampling_step if now.job_count else 0,
            "sampling_steps": now.sampling_steps if now.job_count else 0,
        },
        "current_image": _preview(state) if wants_image else None,  # last: it takes its time
        "textinfo": None,
    }


def _preview(state: WebUIState) -> str | None:
    """Return the preview in base64; what makes it is imported when it is first asked for."""
    picture = state.progress.look(1)
    if picture is None:
        return None
    makes_pictures = import_module("fake_webui.profiles.sdnext.generation")
    return base64.b64encode(makes_pictures.encode_picture(picture, state)).decode()


@endpoints.get("/sdapi/v1/status")
def status(state: WebUIState, _: Parsed) -> Any:
    """Say in a few words what is going on."""
    now, memory = state.progress, memory_of(state)
    is_running, done = _is_running(state), _done(state)
    return {
        "status": _word(now, is_running=is_running),
        "task": (now.job if now.job_count else memory.stuck) if is_running else "",
        "timestamp": now.job_timestamp if is_running else None,
        "current": "",
        "id": memory.job_id if is_running else "",
        "job": 0,
        "jobs": int(is_running),
        "total": memory.begun_jobs,
        "step": now.sampling_step if now.job_count else 0,
        "steps": now.sampling_steps if now.job_count else 0,
        "queued": 0,
        "uptime": int(time.time() - memory.started_s),
        "elapsed": round(time.time() - memory.turned_s, 2),
        "eta": _eta_s(state, done) if done else None,
        "progress": done,
    }


@endpoints.post("/internal/progress", body=table("ProgressRequest"), needs="webui")
def task_progress(state: WebUIState, asked: Parsed) -> Any:
    """Answer for a task of the page; those of the API are not known by any name."""
    if asked.values["id_task"] is not None:
        return {**TASK, "textinfo": WAITING}
    now = state.progress
    return {**TASK, "active": True, "job": now.job, "progress": _done(state)}


@endpoints.post("/sdapi/v1/interrupt", status=204)
def interrupt(state: WebUIState, _: Parsed) -> None:
    """End the generation that is going on; what there is by then is its result."""
    state.progress.interrupt()


@endpoints.post("/sdapi/v1/skip", status=204)
def skip(state: WebUIState, _: Parsed) -> None:
    """End the picture that is being made, without a result."""
    state.progress.skip()


@endpoints.get("/sdapi/v1/version")
def version(state: WebUIState, _: Parsed) -> Any:
    """Say what this is: how clients tell it from others."""
    return {
        "app": "sd.next",
        "updated": UPDATED,
        "commit": state.policy.version,
        "branch": BRANCH,
        "url": f"https://github.com/vladmandic/sdnext/tree/{BRANCH}",
        "kanvas": "main",
        "ui": "main",
    }


@endpoints.get("/sdapi/v1/motd")
def message_of_the_day(state: WebUIState, _: Parsed) -> Any:
    """Return the line under the page's title."""
    mark = f"<span style='color: var(--primary-500)'>{BRANCH}</span>"
    return f"version <b>{state.policy.version} {UPDATED}</b> {mark}<br>"


@endpoints.get("/sdapi/v1/start", query=query(("agent", "string?", None)))
def start(*_: Any) -> Any:
    """Take note that a page was opened."""
    return {}


@endpoints.get("/sdapi/v1/history", query=query(("id", "integer|string?", None)))
def history(state: WebUIState, asked: Parsed) -> Any:
    """List what began and ended, oldest first; only of one job where an `id` is given."""
    wanted = asked.values["id"]
    return [one for one in memory_of(state).events if wanted in (None, one["id"])]


@endpoints.get("/sdapi/v1/log", query=query(("lines", "integer", 100), ("clear", "boolean", False)))
def log(*_: Any) -> Any:
    """Return the last lines of the log, of which there are none."""
    return []


@endpoints.post("/sdapi/v1/log", body=table("ReqPostLog"), status=204)
def write_log(*_: Any) -> None:
    """Take a line for the log."""


@endpoints.get("/sdapi/v1/latents")
def latents(state: WebUIState, _: Parsed) -> Any:
    """List when the last latents were made, newest first."""
    return [name for name, is_latent in memory_of(state).made if is_latent]


@endpoints.post("/sdapi/v1/latents", body=table("ReqLatentHistory"))
def take_latent(state: WebUIState, asked: Parsed) -> Any:
    """Return the place of a time among those of latents and pictures, -1 if it is not there."""
    known = [name for name, _ in memory_of(state).made]
    name = asked.values["name"]
    return known.index(name) if name in known else -1
