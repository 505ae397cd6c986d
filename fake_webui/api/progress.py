"""How far the work is, and how to end it."""

import base64
from typing import Any

from fake_webui.api import pictures
from fake_webui.contract import Family, Parsed, answers, tables
from fake_webui.webui.state import WebUIState

endpoints = Family()

HEAD_START = 0.01  # what the API adds so that it never divides by zero
NO_PREVIEW_ID = -1


@endpoints.get(
    "/sdapi/v1/progress", name="progressapi", query=tables.PROGRESS_QUERY, answer=answers.PROGRESS
)
def progress(state: WebUIState, asked: Parsed) -> Any:
    """Answer with the progress of whatever is going on."""
    now = state.progress.at_this_moment()
    facts = {"state": now.facts(), "textinfo": now.textinfo}
    if now.job_count == 0:
        return _progress_answer(0.0, 0.0, facts, None)
    done = HEAD_START + now.fraction()
    elapsed_s = now.elapsed_s()
    picture = _current_image(state)
    image = None
    if picture and not asked.values["skip_current_image"]:
        encoded = pictures.of(state, "generation").encode_picture(picture, state)
        image = base64.b64encode(encoded).decode()
    return _progress_answer(min(done, 1.0), elapsed_s / done - elapsed_s, facts, image)


def _progress_answer(
    fraction: float, eta_s: float, facts: dict[str, Any], image: str | None
) -> dict[str, Any]:
    return {
        "progress": fraction,
        "eta_relative": eta_s,
        "state": facts["state"],
        "current_image": image,
        "textinfo": facts["textinfo"],
    }


def _current_image(state: WebUIState) -> Any:
    get = state.options.get
    every_steps = get("show_progress_every_n_steps") if get("live_previews_enable") else -1
    return state.progress.look(every_steps)


@endpoints.post("/sdapi/v1/interrupt", name="interruptapi")
def interrupt(state: WebUIState, _: Parsed) -> Any:
    """End the generation that is going on; what there is by then is its result."""
    state.progress.interrupt()
    return {}


@endpoints.post("/sdapi/v1/skip")
def skip(state: WebUIState, _: Parsed) -> None:
    """End the picture that is being made, and go on with the next."""
    state.progress.skip()


@endpoints.get("/internal/pending-tasks", name="get_pending_tasks", needs="webui")
def pending_tasks(state: WebUIState, _: Parsed) -> Any:
    """List the tasks that wait for their turn."""
    waiting = state.tasks.pending()
    return {"size": len(waiting), "tasks": waiting}


@endpoints.post(
    "/internal/progress",
    name="progressapi",
    body=tables.INTERNAL_PROGRESS,
    answer=answers.TASK_PROGRESS,
    needs="webui",
)
def task_progress(state: WebUIState, asked: Parsed) -> Any:
    """Answer with the progress of one task."""
    task_id = asked.values["id_task"]
    waiting = state.tasks.pending()
    facts = {
        "active": task_id == state.tasks.current,
        "queued": task_id in waiting,
        "completed": state.tasks.is_finished(task_id),
    }
    if facts["active"]:
        return {**facts, **_active_facts(state, asked.values)}
    place = f"In queue: {waiting.index(task_id) + 1}/{len(waiting)}" if facts["queued"] else None
    nothing = {"progress": None, "eta": None, "live_preview": None}
    more = {"id_live_preview": NO_PREVIEW_ID, "textinfo": place or "Waiting..."}
    return {**facts, **nothing, **more}


def _active_facts(state: WebUIState, asked: dict[str, Any]) -> dict[str, Any]:
    now = state.progress.at_this_moment()
    done = min(now.fraction(), 1.0)
    elapsed_s = now.elapsed_s()
    preview, preview_id = None, asked["id_live_preview"]
    if asked["live_preview"] and state.options.get("live_previews_enable"):
        preview, preview_id = _live_preview(state, preview_id)
    return {
        "progress": done,
        "eta": elapsed_s / done - elapsed_s if done > 0 else None,
        "live_preview": preview,
        "id_live_preview": preview_id,
        "textinfo": now.textinfo,
    }


def _live_preview(state: WebUIState, known_id: int) -> tuple[str | None, int]:
    """Return the preview as a data URI and its id, nothing if the client has it already."""
    picture = _current_image(state)
    latest_id = state.progress.id_live_preview
    if latest_id == known_id or picture is None:
        return None, known_id
    image_format = str(state.options.get("live_previews_image_format"))
    data = base64.b64encode(picture.encode(image_format)).decode()
    return f"data:image/{image_format};base64,{data}", latest_id
