"""What a job is: as it is asked for, as it is recorded, and which states may follow which."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.cleaning import clean, clean_json, is_clean
from app.config.pipeline_config import PipelineConfig, StageName, parse_config
from app.errors import ConfigurationError, TransitionError


class RunMode(StrEnum):
    """DIRECT jobs go to the front and run while the queue is paused."""

    DIRECT = "direct"
    QUEUE = "queue"


class PromptSource(StrEnum):
    """Where a job's prompt comes from."""

    MANUAL = "manual"
    PACK = "pack"


class ControlRequest(StrEnum):
    """What somebody asks of a running job."""

    CANCEL = "cancel"
    SKIP = "skip"
    STOP = "stop"  # the app is about to end
    LOST = "lost"  # the job is another's now


class JobStatus(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    EDITED = "edited"  # another job took its place in the line

    @property
    def is_terminal(self) -> bool:
        """Return whether the record will never change again."""
        return self not in TRANSITIONS


TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.EDITED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.INTERRUPTED}
    ),
}
"""Which states may follow which; a state that is not here is the last."""

UNREADABLE = "unreadable"
"""In a record's `meta`: which of its fields can't be read from the store."""

AXES = "axes"
"""In a job's `prompt_keys`: the values of settings that vary in its batch, by their names."""

PRIORITIES: Mapping[str, int] = {"low": -10, "normal": 0, "high": 10, "direct": 100}
"""Higher goes first; within one priority, first come, first served."""


def check_transition(job_id: str, status: JobStatus, wanted: JobStatus) -> None:
    """Refuse a change of state that a job can't make.

    Raises:
        TransitionError: if `wanted` does not follow `status`.
    """
    if wanted not in TRANSITIONS.get(status, ()):
        raise TransitionError(f"job {job_id} is {status}; it can't become {wanted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A job as it is submitted: prompts expanded, seed resolved, config merged.

    `prompt_keys` says which of a pack's prompts it is: name, row, variant and what was chosen.
    A `strict` one runs only where everything is that its prompts name.
    """

    prompt: str
    negative_prompt: str = ""
    config: PipelineConfig
    run_mode: RunMode = RunMode.QUEUE
    source: str = "run"
    prompt_source: PromptSource = PromptSource.MANUAL
    prompt_pack_id: str | None = None
    prompt_keys: Mapping[str, Any] = field(default_factory=dict)
    batch_id: str | None = None
    parent_id: str | None = None
    priority: int | None = None
    strict: bool = False

    def cleaned(self) -> "JobSpec":
        """Return it as the store may have it, without control characters and lone surrogates."""
        texts = (self.prompt, self.negative_prompt, self.prompt_pack_id, self.prompt_keys)
        if is_clean(texts):
            return self
        return replace(
            self,
            prompt=clean(self.prompt),
            negative_prompt=clean(self.negative_prompt),
            prompt_pack_id=self.prompt_pack_id and clean(self.prompt_pack_id),
            prompt_keys=clean_json(dict(self.prompt_keys)),
        )

    @property
    def effective_priority(self) -> int:
        """The priority asked for, or the usual one of the run mode."""
        usual = "direct" if self.run_mode == RunMode.DIRECT else "normal"
        return PRIORITIES[usual] if self.priority is None else self.priority


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """A job as the store has it. Times are UTC.

    `meta` holds what came of it: `images` (each with path, stage, seed, infotext and size),
    `error`, `error_kind`, `warnings`, `webui`, `manifest`, `overview`, `stage_s`; and from the
    start `strict`.
    """

    job_id: str
    run_mode: RunMode
    source: str
    prompt_source: PromptSource
    prompt_pack_id: str | None
    prompt_keys: Mapping[str, Any]
    prompt: str
    negative_prompt: str
    status: JobStatus
    stage_count: int
    has_upscale: bool
    has_adetailer: bool
    config_snapshot: Mapping[str, Any]
    config_hash: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    meta: Mapping[str, Any]
    parent_id: str | None
    batch_id: str | None
    priority: int
    favourite: bool = False

    @cached_property
    def config(self) -> PipelineConfig:
        """The configuration as it was when the job was submitted.

        Raises:
            ConfigurationError: if the store holds none that can be used.
        """
        if odd := self.meta.get(UNREADABLE):
            raise ConfigurationError(f"job {self.job_id} can't be read from the store: {odd}")
        return parse_config(self.config_snapshot)

    @property
    def stages(self) -> Sequence[StageName]:
        """The names of its stages; none where its configuration can't be used."""
        try:
            return self.config.stages()
        except ConfigurationError:
            return ()

    @property
    def strict(self) -> bool:
        """Whether it runs only where everything is that its prompts name."""
        return bool(self.meta.get("strict"))

    @property
    def error(self) -> str | None:
        """What went wrong, in one sentence, or None."""
        return self.meta.get("error")

    @property
    def warnings(self) -> list[str]:
        """What went as asked and yet not as meant, a sentence each."""
        return list(self.meta.get("warnings", ()))

    @property
    def took_s(self) -> float | None:
        """How long it ran, in seconds, or None while it has not ended."""
        if self.started_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()

    @property
    def images(self) -> list[Mapping[str, Any]]:
        """The images that were saved, in the order they were made."""
        return list(self.meta.get("images", ()))

    @property
    def overview(self) -> str | None:
        """The path of the picture of its whole batch, where it ended last and has one."""
        return self.meta.get("overview")

    @property
    def files(self) -> list[str]:
        """The paths of all its files, relative to the home or absolute."""
        further = filter(None, (self.meta.get("manifest"), self.overview))
        return [*(image["path"] for image in self.images), *further]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running job is; what the WebUI does not tell is None.

    `fraction` is of the stage, from 0 to 1; `stalled_s` counts since it last moved.
    """

    job_id: str
    stage: str
    stage_index: int
    stage_count: int
    fraction: float
    step: int | None = None
    steps: int | None = None
    eta_s: float | None = None
    text: str | None = None
    stalled_s: float = 0.0
    stall_warning: bool = False

    @property
    def job_fraction(self) -> float:
        """How much of the whole job is done, from 0 to 1, stages counted as equal."""
        return (self.stage_index + self.fraction) / self.stage_count


def new_job_id() -> str:
    """Return an id that no other job has: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def utc_now() -> datetime:
    """Return the present moment, with its time zone."""
    return datetime.now(UTC)
