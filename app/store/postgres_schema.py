"""The tables of a shared store, as the steps that led to them.

They are those of `jobs.db`. Ids and times are compared byte by byte, as SQLite does it, and ranks
keep all their digits. A step never changes once it was released; `store_schema` counts them.
"""

from collections.abc import Sequence

from app.errors import StoreError, StoreVersionError
from app.store.postgres_connection import PostgresConnection

VERSION_TABLE = "store_schema"

STEPS: tuple[str, ...] = (
    """
    CREATE SEQUENCE jobs_n;
    CREATE TABLE jobs (
        n BIGINT PRIMARY KEY,
        job_id TEXT COLLATE "C" NOT NULL UNIQUE,
        run_mode TEXT NOT NULL,
        source TEXT NOT NULL,
        prompt_source TEXT NOT NULL,
        prompt_pack_id TEXT COLLATE "C",
        prompt_keys TEXT NOT NULL,
        prompt TEXT NOT NULL,
        negative_prompt TEXT NOT NULL,
        status TEXT COLLATE "C" NOT NULL,
        stage_count INTEGER NOT NULL,
        has_upscale BOOLEAN NOT NULL,
        has_adetailer BOOLEAN NOT NULL,
        config_snapshot TEXT NOT NULL,
        config_hash TEXT NOT NULL,
        created_at TEXT COLLATE "C" NOT NULL,
        started_at TEXT COLLATE "C",
        completed_at TEXT COLLATE "C",
        meta TEXT NOT NULL,
        parent_id TEXT COLLATE "C",
        batch_id TEXT COLLATE "C",
        priority INTEGER NOT NULL,
        rank DOUBLE PRECISION NOT NULL,
        needs TEXT COLLATE "C" NOT NULL,
        control_request TEXT,
        worker TEXT COLLATE "C"
    );
    CREATE INDEX jobs_next ON jobs (priority DESC, rank, n) WHERE status = 'queued';
    CREATE INDEX jobs_next_direct ON jobs (priority DESC, rank, n)
        WHERE status = 'queued' AND run_mode = 'direct';
    CREATE INDEX jobs_by_needs ON jobs (needs, priority DESC, rank, n) WHERE status = 'queued';
    CREATE INDEX jobs_running ON jobs (worker) WHERE status = 'running';
    CREATE INDEX jobs_history ON jobs (n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_status ON jobs (status, n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_pack ON jobs (prompt_pack_id, n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_batch ON jobs (batch_id) WHERE batch_id IS NOT NULL;
    CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
    CREATE TABLE words (
        rowid BIGINT PRIMARY KEY,
        lexemes TSVECTOR NOT NULL
    );
    CREATE INDEX words_by_lexeme ON words USING gin (lexemes);
    CREATE TABLE queue_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        paused BOOLEAN NOT NULL,
        reason TEXT NOT NULL
    );
    INSERT INTO queue_state VALUES (1, false, '');
    CREATE TABLE workers (
        worker TEXT COLLATE "C" PRIMARY KEY,
        host TEXT NOT NULL,
        process INTEGER NOT NULL,
        webui TEXT NOT NULL,
        started_at TEXT COLLATE "C" NOT NULL,
        missing_since TIMESTAMPTZ
    );
    CREATE TABLE favourites (
        job_id TEXT COLLATE "C" NOT NULL,
        image INTEGER NOT NULL,
        added_at TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (job_id, image)
    );
    CREATE TABLE trash (
        job_id TEXT COLLATE "C" NOT NULL,
        image INTEGER NOT NULL,
        undo TEXT COLLATE "C" NOT NULL,
        deleted_at TEXT COLLATE "C" NOT NULL,
        PRIMARY KEY (job_id, image)
    );
    CREATE INDEX trash_by_undo ON trash (undo);
    CREATE TABLE passed_over (
        webui TEXT COLLATE "C" NOT NULL,
        needs TEXT COLLATE "C" NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (webui, needs)
    );
    """,
    "ALTER TABLE workers ADD COLUMN outage TEXT",
)


def prepare(connection: PostgresConnection, name: str, steps: Sequence[str]) -> None:
    """Make the tables where there are none, and see that they are this version's."""
    if _version(connection) == len(steps):
        return
    with connection.raw.transaction():
        connection.dialect.hold_line(connection)
        version = _version(connection)
        _refuse_others(connection, name, version, len(steps))
        for step in steps[version or 0 :]:
            for statement in step.split(";"):
                if statement.strip():
                    connection.execute(statement)
        if version is None:
            connection.execute(f"CREATE TABLE {VERSION_TABLE} (version INTEGER NOT NULL)")
            connection.execute(f"INSERT INTO {VERSION_TABLE} VALUES (?)", [len(steps)])  # noqa: S608 - constant text
        connection.execute(f"UPDATE {VERSION_TABLE} SET version = ?", [len(steps)])  # noqa: S608 - constant text


def _version(connection: PostgresConnection) -> int | None:
    """Return the version of the tables, None where there are none of ours."""
    if connection.execute("SELECT to_regclass(?)", [VERSION_TABLE]).fetchone() == (None,):
        return None
    found = connection.execute(f"SELECT version FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - constant text
    return int(found[0]) if found else None


def _refuse_others(
    connection: PostgresConnection, name: str, version: int | None, known: int
) -> None:
    if version is None:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LIMIT 1"
        ).fetchone()
        if found:
            raise StoreError(
                f"the database {name} is not a store of jobs: it has a table {found[0]!r} of"
                " something else; give one that is empty"
            )
    elif version > known:
        raise StoreVersionError(
            f"the store {name} was written by a newer version of the app (schema {version}, this"
            f" one knows {known}); update the app"
        )
    elif connection.execute("SELECT 1 FROM workers LIMIT 1").fetchone():
        raise StoreVersionError(
            f"the store {name} has workers of an older version of the app (schema {version}, this"
            f" one needs {known}); stop them first"
        )
