"""Bars for what runs: one for all jobs, and one for each job that runs now."""

from collections.abc import Sequence
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from app.cleaning import clean
from app.commands.shared.output import console, duration, one_line
from app.jobs.models import Progress as JobProgress

_TELLING = 0.5  # so much of a job must be done before the rest is foretold
_TEXT = 60  # characters of what a WebUI says of itself
_SCALE = 1000  # bars count thousandths


class WorkBars:
    """A context manager that draws the bars on stderr, where that is a terminal."""

    def __init__(self) -> None:
        self.console = console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[words]}", markup=False),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._overall = self._bars.add_task("all jobs", total=None, words="")
        self._running: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def stop(self) -> None:
        """Take the bars off the terminal."""
        self._bars.stop()

    def show(
        self, done: int, total: int, running: Sequence[JobProgress], seconds: float, waiting: str
    ) -> None:
        """Draw how far everything is.

        Args:
            done: how many jobs have ended.
            total: those, and the running and waiting ones.
            running: how far each running one is.
            seconds: how long it has taken so far.
            waiting: what keeps jobs waiting, or "".
        """
        fraction = done + sum(job.job_fraction for job in running)
        left_s = seconds * (total - fraction) / fraction if fraction > _TELLING else None
        words = f"{done:,} of {total:,}" + (f", {duration(left_s)} left" if left_s else "")
        words += f", waiting: {waiting}" if waiting else ""
        self._bars.update(
            self._overall,
            completed=fraction * _SCALE,
            total=max(total, 1) * _SCALE,
            words=clean(words),
        )
        for job in running:
            self._show_job(job)
        for job_id in self._running.keys() - {job.job_id for job in running}:
            self._bars.remove_task(self._running.pop(job_id))

    def say(self, sentence: str, style: str = "") -> None:
        """Print a line above the bars."""
        self.console.print(
            Text(clean(sentence), style=style), soft_wrap=not self.console.is_terminal
        )

    def _show_job(self, job: JobProgress) -> None:
        done, words = job.job_fraction * _SCALE, clean(progress_words(job))
        if (task := self._running.get(job.job_id)) is not None:
            self._bars.update(task, completed=done, words=words)
            return
        self._running[job.job_id] = self._bars.add_task(
            job.job_id[:8], total=_SCALE, completed=int(done), words=words
        )


def progress_words(job: JobProgress) -> str:
    """Return where a job is: "adetailer (2/3), step 12/30, 4 s left"."""
    parts = [f"{job.stage} ({job.stage_index + 1}/{job.stage_count})"]
    if job.step is not None and job.steps:
        parts.append(f"step {job.step}/{job.steps}")
    elif job.text:
        parts.append(one_line(job.text)[:_TEXT])
    if job.stall_warning:
        parts.append(f"no progress for {duration(job.stalled_s)}")
    elif job.eta_s is not None:
        parts.append(f"{duration(job.eta_s)} left")
    return ", ".join(parts)
