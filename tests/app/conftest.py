"""A home with a job store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.job_history import JobHistoryStore
from app.job_queue import JobQueue
from app.job_search import create_index
from app.job_store import JobStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    """An empty job store."""
    opened = JobStore(tmp_path / "jobs.db")
    create_index(opened)
    yield opened
    opened.close()


@pytest.fixture
def queue(store: JobStore) -> JobQueue:
    """The queue of the store."""
    return JobQueue(store)


@pytest.fixture
def history(store: JobStore) -> JobHistoryStore:
    """The history of the store."""
    return JobHistoryStore(store)
