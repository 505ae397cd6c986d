"""From a draft to jobs: what it would make, and making it."""

from dataclasses import asdict
from typing import Any, Literal

from flask.typing import ResponseReturnValue
from pydantic import Field

from app.engine.preflight import ignored_words, refuse_unfit
from app.errors import BadInputError
from app.gui.context import gui
from app.gui.drafts import DraftBody, apply, remember
from app.gui.endpoints import Body, Endpoints
from app.gui.rows import notice_row
from app.jobs.models import RunMode
from app.planning.draft import Plan
from app.planning.preview import preview

jobs = Endpoints("jobs")
MODES = {"now": (RunMode.DIRECT, "run_now"), "queue": (RunMode.QUEUE, "add_to_queue")}


class PreviewBody(Body):
    """A draft, and the first how many of its jobs to show."""

    draft: DraftBody
    limit: int = Field(default=20, ge=0, le=1000)


class SubmitBody(Body):
    """A draft, and where its jobs go: before all that waits, or behind it."""

    draft: DraftBody
    mode: Literal["now", "queue"] = "queue"


@jobs.post("/preview", PreviewBody)
def show(body: PreviewBody) -> ResponseReturnValue:
    """Answer with what a draft would make and send; nothing is queued."""
    plan = _planned(body.draft, "queue")
    shown = plan.specs[: body.limit]
    return {
        "jobs": len(plan.specs),
        "prompts": plan.prompt_count,
        "images": sum(
            spec.config.txt2img.batch_size * spec.config.txt2img.n_iter for spec in plan.specs
        ),
        "config": shown[0].config.model_dump() if shown else None,
        "notices": _notices(plan),
        "warnings": ignored_words(plan.specs, gui().webuis.inventories()),
        "refusal": _refusal(plan),
        "payloads": [
            {"job": number, **asdict(request)}
            for number, spec in enumerate(shown, start=1)
            for request in preview(spec)
        ],
    }


@jobs.post("/jobs", SubmitBody)
def submit(body: SubmitBody) -> ResponseReturnValue:
    """Queue the jobs of a draft, all or none, and answer with their ids."""
    plan = _planned(body.draft, body.mode)
    inventories = gui().webuis.inventories()
    refuse_unfit(plan.specs, inventories)
    job_ids = gui().application.job_service.submit(plan.specs)
    remember(gui().application.state, gui().application.home)
    gui().events.publish("settings", {"what": "draft"})
    return {
        "job_ids": job_ids,
        "batch_id": plan.specs[0].batch_id if plan.specs else None,
        "notices": _notices(plan),
        "warnings": ignored_words(plan.specs, inventories),
    }, 201


def _planned(draft: DraftBody, mode: str) -> Plan:
    run_mode, source = MODES[mode]
    app = gui().application
    with gui().drafting:
        apply(draft, app.state.job_draft)
        return app.controller.plan(run_mode, source)


def _notices(plan: Plan) -> list[dict[str, Any]]:
    return [notice_row(notice) for notice in plan.notices]


def _refusal(plan: Plan) -> str | None:
    try:
        refuse_unfit(plan.specs, gui().webuis.inventories())
    except BadInputError as error:
        return str(error)
    return None
