"""Prompt packs: reading, writing, and what one would make while it is written."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask.typing import ResponseReturnValue

from app.app_state import JobDraft
from app.errors import BadInputError, PackError
from app.gui.context import gui
from app.gui.endpoints import Body, Endpoints
from app.gui.rows import notice_row
from app.jobs.models import RunMode
from app.planning.draft import plan_jobs
from app.planning.packs import (
    delete_pack,
    list_packs,
    list_samples,
    place_of_pack,
    read_pack_text,
    write_pack,
)
from app.storage.documents import unsaved

packs = Endpoints("packs")


class PackBody(Body):
    """A pack's whole text."""

    text: str


class CheckBody(Body):
    """A text that is to be a pack of this name."""

    name: str
    text: str


@packs.get("/packs")
def look() -> ResponseReturnValue:
    """Answer with the names of the packs in the home, and of those that come with the app."""
    return {"packs": list_packs(gui().application.home), "samples": list_samples()}


@packs.get("/packs/<path:name>")
def show(name: str) -> ResponseReturnValue:
    """Answer with a pack's text."""
    return asdict(read_pack_text(gui().application.home, name))


@packs.put("/packs/<name>", PackBody)
def write(name: str, body: PackBody) -> ResponseReturnValue:
    """Write a pack, whatever is wrong with it, and answer as a check does."""
    path = write_pack(gui().application.home, name, body.text)
    gui().events.publish("settings", {"what": "packs", "name": name})
    return {"name": path.stem, "file": path.name, **_made(path)}


@packs.delete("/packs/<name>")
def delete(name: str) -> ResponseReturnValue:
    """Delete a pack of the home."""
    path = delete_pack(gui().application.home, name)
    gui().events.publish("settings", {"what": "packs", "name": name})
    return {"file": path.name}


@packs.post("/packs/check", CheckBody)
def check(body: CheckBody) -> ResponseReturnValue:
    """Answer with what a text would make as a pack, and what there is to say of its lines."""
    path = place_of_pack(gui().application.home, body.name)
    with unsaved(path, body.text):
        return {"name": path.stem, "file": path.name, **_made(path)}


def _made(path: Path) -> dict[str, Any]:
    """Return how much a pack makes, or what is wrong with it."""
    draft = JobDraft()
    draft.pack_id = path
    try:
        plan = plan_jobs(draft, gui().application.home, RunMode.QUEUE, "packs_check")
    except BadInputError as error:
        return {"jobs": 0, "prompts": 0, "notices": [], "error": _error_row(error)}
    notices = [notice_row(notice) for notice in plan.notices]
    return {
        "jobs": len(plan.specs), "prompts": plan.prompt_count, "notices": notices, "error": None,
    }  # fmt: skip


def _error_row(error: BadInputError) -> dict[str, Any]:
    if isinstance(error, PackError):
        return {"path": str(error.path), "line": error.line, "text": error.message}
    return {"path": None, "line": None, "text": str(error)}
