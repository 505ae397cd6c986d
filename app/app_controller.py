"""What the buttons do: from the state of the user interface to submitted jobs."""

from pathlib import Path

from app.app_state import AppStateV2
from app.jobs.job_service import JobService
from app.jobs.models import RunMode
from app.planning.draft import Plan, plan_jobs


class AppController:
    """The entry points of every user interface.

    Each raises `PackError`, `PresetError` or `ConfigurationError` for a draft that makes no jobs,
    and queues nothing then.

    Args:
        state: what the user has set up.
        job_service: where jobs are submitted.
        home: where packs and presets are.
    """

    def __init__(self, state: AppStateV2, job_service: JobService, home: Path) -> None:
        self._state, self._job_service, self._home = state, job_service, home

    def on_run_job_now_v2(self) -> str:
        """Run the draft's first job at once, before all queued ones; return its id."""
        plan = self.plan(RunMode.DIRECT, "run_now")
        return self._job_service.submit(plan.specs[:1])[0]

    def start_run_v2(self) -> list[str]:
        """Submit the draft in the chosen run mode, QUEUE if none is; return the jobs' ids."""
        plan = self.plan(self._state.run_mode or RunMode.QUEUE, "run")
        return self._job_service.submit(plan.specs)

    def on_add_job_to_queue_v2(self) -> list[str]:
        """Queue the draft; return the jobs' ids."""
        return self._job_service.submit(self.plan(RunMode.QUEUE, "add_to_queue").specs)

    def plan(self, run_mode: RunMode = RunMode.QUEUE, source: str = "run") -> Plan:
        """Return the jobs that the draft makes now; nothing is queued."""
        plan = plan_jobs(self._state.job_draft, self._home, run_mode, source)
        self._state.notices = plan.notices
        return plan
