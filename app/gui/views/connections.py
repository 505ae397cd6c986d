"""Which WebUIs there are, how they are, and what they offer."""

from typing import Any

from flask.typing import ResponseReturnValue

from app import __version__
from app.config.pipeline_config import PipelineConfig
from app.engine.runner import SingleNodeJobRunner
from app.gui.context import gui
from app.gui.drafts import draft_json
from app.gui.endpoints import Endpoints
from app.webui.choices import CHOICES, together

connections = Endpoints("connections")
UNTOLD = "the WebUI does not tell; names are checked when a job is sent"
UNKNOWN = "no WebUI could be asked yet"


@connections.get("/state")
def state() -> ResponseReturnValue:
    """Answer with what the page shows around its views."""
    app, pause = gui().application, gui().application.queue.pause_state()
    return {
        "version": __version__,
        "home": str(app.home),
        "webuis": gui().webuis.states(),
        "runs_jobs": gui().runs_jobs,
        "runners": [runner_row(runner) for runner in app.runners],
        "run_mode": app.state.run_mode,
        "paused": pause.paused,
        "reason": pause.reason,
        "counts": {**app.queue.counts(), "history": app.history.count()},
        "draft": draft_json(app.state.job_draft),
        "defaults": PipelineConfig().model_dump(),
        "schema": PipelineConfig.model_json_schema(),
        "limits": app.limits,
    }


@connections.get("/choices")
def choices() -> ResponseReturnValue:
    """Answer with what there is to choose from, by kind: names, or a reason why there are none."""
    told = gui().webuis.choices()
    if not told:
        return {kind: {"names": [], "reason": UNKNOWN} for kind in CHOICES}
    found = together(told)
    return {
        kind: {"names": names or [], "reason": UNTOLD if names is None else None}
        for kind, names in found.items()
    }


def runner_row(runner: SingleNodeJobRunner) -> dict[str, Any]:
    """Return what one WebUI's runner does, and what keeps it from a job."""
    failure = runner.failure()
    return {
        "webui": runner.node.name,
        "job_id": runner.job.job_id if runner.job else None,
        "waits_for": runner.waits_for,
        "outage": runner.node.outage_words(),
        "failure": str(failure) if failure else None,
    }
