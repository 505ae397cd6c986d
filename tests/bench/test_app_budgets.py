"""How the app does against its budgets; printed, judged by whoever reads it."""

import base64
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
import requests
from PIL import Image

from app.bootstrap import Application, build_app
from app.config.pipeline_config import merge
from app.jobs.job_history import JobHistoryStore
from app.jobs.models import JobSpec, utc_now
from app.jobs.rows import insert_jobs, insert_rows, new_row
from app.jobs.search import bring_up_to_date
from app.planning.preview import preview
from app.store.schema import MIGRATIONS
from app.store.sqlite_store import SqliteConnection, SqliteStore
from fake_webui import FakeWebUI
from tests.bench.measuring import interleaved, percentile, python, report
from tests.support import ROOT

pytestmark = pytest.mark.slow

PACK_JOBS = 8_000
HITS = 20
LARGE = {"txt2img": {"width": 1024, "height": 1024, "steps": 20, "seed": 1, "subseed": 1}}


@pytest.fixture
def application(fake: FakeWebUI, tmp_path: Path) -> Iterator[Application]:
    """The app on a home of its own, at the session's fake WebUI."""
    built = build_app(webui_url=fake.url, home=tmp_path / "home")
    yield built
    built.close()


def test_help() -> None:
    """The command line says what it can do."""
    app, floor = interleaved(
        15, lambda: python("-m", "app", "--help"), lambda: python("-c", "import click, requests")
    )
    report("python -m app --help", min(app), min(floor), 1.6)


def test_a_queued_job(application: Application, fake: FakeWebUI, tmp_path: Path) -> None:
    """One stage at 1024x1024, from the queue to the history."""
    specs = [JobSpec(prompt="a lighthouse", config=merge(LARGE))] * 5

    def run() -> None:
        application.job_service.submit(specs)
        assert application.runner.run_pending() == len(specs)

    with closing(sqlite3.connect(tmp_path / "floor.db")) as database:
        payload = dict(preview(specs[0])[0].payload)
        loop = bare_loop(f"{fake.url}/sdapi/v1/txt2img", payload, database, tmp_path)
        jobs, floor = interleaved(12, run, lambda: [loop() for _ in specs])
    report(
        "a queued job, one stage, p50",
        percentile(jobs, 50) / len(specs),
        percentile(floor, 50) / len(specs),
        2,
    )


def bare_loop(
    url: str, payload: dict[str, object], database: sqlite3.Connection, folder: Path
) -> Callable[[], None]:
    """Do the least that a durable job needs: request, decode, write and fsync, one commit."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE jobs (path TEXT, meta TEXT)")
    session, numbers = requests.Session(), count()
    session.trust_env = False

    def loop() -> None:
        answer = session.post(url, json=payload, timeout=60).json()
        data = base64.b64decode(answer["images"][0])
        Image.open(io.BytesIO(data)).load()
        with (folder / f"{next(numbers)}.png").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        database.execute("INSERT INTO jobs VALUES (?, ?)", (file.name, answer["info"]))
        database.commit()

    return loop


def test_adding_a_pack(application: Application, tmp_path: Path) -> None:
    """Eight thousand jobs: read, expand, draw seeds, snapshot, queue."""
    slots = {"kind": [f"kind {n}" for n in range(80)], "place": [f"place {n}" for n in range(100)]}
    packs = application.home / "packs"
    (packs / "big.txt").write_text("a [[kind]] in [[place]] <lora:ink:0.6>\nneg: blurry\n")
    (packs / "big.json").write_text(json.dumps({"pack_data": {"matrix": slots}}))
    application.state.job_draft.pack_id = "big"
    specs = application.controller.plan().specs
    assert len(specs) == PACK_JOBS
    numbers = count(1, PACK_JOBS)

    with closing(
        sqlite3.connect(tmp_path / "floor.db", isolation_level=None, factory=SqliteConnection)
    ) as database:
        database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        database.executescript(MIGRATIONS[0])

        def insert(rows: list[dict[str, object]]) -> None:
            database.execute("BEGIN")
            insert_rows(database, rows)
            database.execute("COMMIT")

        prepared = iter(
            [[new_row(s, n, "now") for n, s in enumerate(specs, next(numbers))] for _ in range(6)]
        )
        added, floor = interleaved(
            5, application.controller.on_add_job_to_queue_v2, lambda: insert(next(prepared)),
            warm_up=1,
        )  # fmt: skip
    report("adding a pack of 8,000 jobs", min(added), min(floor), 3)


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, JobHistoryStore]]:
    """Two histories, by their number of rows."""
    folder = tmp_path_factory.mktemp("histories")
    stores = {rows: filled(folder / f"{rows}.db", rows) for rows in (1_000, 100_000)}
    yield {rows: JobHistoryStore(store) for rows, store in stores.items()}
    for store in stores.values():
        store.close()


def filled(path: Path, rows: int) -> SqliteStore:
    """A store with so many finished jobs, of which a few have a rare word."""
    store, config = SqliteStore(path), merge(LARGE)
    rare = range(0, rows, rows // HITS)
    specs = [
        JobSpec(prompt=f"a {'zeppelin' if n in rare else 'boat'} number {n}", config=config)
        for n in range(rows)
    ]
    with store.transaction() as connection:
        insert_jobs(connection, specs)
        now = utc_now().isoformat()
        done = "UPDATE jobs SET status = 'succeeded', started_at = ?, completed_at = ?"
        connection.execute(done, (now, now))
    bring_up_to_date(store)
    return store


LOOKS: dict[str, Callable[[JobHistoryStore], object]] = {
    "latest": JobHistoryStore.latest_job,
    "a page": JobHistoryStore.list_jobs,
    "a search with 20 hits": lambda history: history.search("zeppelin"),
}


@pytest.mark.parametrize("look", LOOKS)
def test_history(look: str, histories: dict[int, JobHistoryStore]) -> None:
    """A history of 100,000 rows is as quick as one of 1,000."""
    small, large = histories[1_000], histories[100_000]
    assert len(large.search("zeppelin")) == HITS
    measured, floor = interleaved(
        100, lambda: LOOKS[look](large), lambda: LOOKS[look](small), warm_up=10
    )
    at = percentile(measured, 50), percentile(floor, 50)
    report(f"history at 100,000 rows, {look}, p50", *at, 1.5)


def test_memory(fake: FakeWebUI, tmp_path: Path) -> None:
    """Two thousand jobs leave no trace in memory."""
    words = [sys.executable, "-m", "tests.bench.app_memory", fake.url, str(tmp_path), "100", "1900"]
    printed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    after_100, after_2000 = (int(line) / 1e6 for line in printed.split())
    report("memory after 2,000 jobs", after_2000, after_100, 1.1, "MB")
