"""What a stretch of time brought: jobs over time, failures by kind, seconds an image by stage."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.jobs.models import JobRecord, JobStatus

BUCKETS = 48


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A stretch of time and how many jobs ended in it, by status."""

    start: datetime
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTime:
    """How long a stage takes: seconds an image, over so many images."""

    seconds_an_image: float
    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The jobs that ended between two moments."""

    start: datetime
    end: datetime
    bucket_s: float
    buckets: list[Bucket]
    by_status: dict[str, int]
    failures: dict[str, int]
    stages: dict[str, StageTime]
    images: int


def summed_up(jobs: Iterable[JobRecord], start: datetime, end: datetime) -> Statistics:
    """Return what came of the jobs that ended between two moments."""
    ended = [job for job in jobs if job.completed_at and start <= job.completed_at < end]
    failed = [job for job in ended if job.status is JobStatus.FAILED]
    return Statistics(
        start=start,
        end=end,
        bucket_s=(end - start).total_seconds() / BUCKETS,
        buckets=_over_time(ended, start, end),
        by_status=dict(Counter(str(job.status) for job in ended)),
        failures=dict(Counter(str(job.meta.get("error_kind")) for job in failed).most_common()),
        stages=_by_stage(ended),
        images=sum(len(job.images) for job in ended),
    )


def _over_time(jobs: Iterable[JobRecord], start: datetime, end: datetime) -> list[Bucket]:
    width = (end - start) / BUCKETS
    buckets = [Bucket(start=start + number * width) for number in range(BUCKETS)]
    for job in jobs:
        number = int(((job.completed_at or end) - start) / max(width, timedelta(microseconds=1)))
        counts = buckets[min(number, BUCKETS - 1)].counts
        counts[str(job.status)] = counts.get(str(job.status), 0) + 1
    return buckets


def _by_stage(jobs: Iterable[JobRecord]) -> dict[str, StageTime]:
    """Return the times of stages that were whole; jobs of earlier versions have none."""
    seconds: defaultdict[str, float] = defaultdict(float)
    images: Counter[str] = Counter()
    for job in jobs:
        made = Counter(image.get("stage") for image in job.images)
        for stage, took_s in job.meta.get("stage_s", {}).items():
            if made[stage]:
                seconds[stage] += took_s
                images[stage] += made[stage]
    return {
        stage: StageTime(seconds_an_image=seconds[stage] / images[stage], images=images[stage])
        for stage in seconds
    }
