"""The tables of `jobs.db`, as the steps that led to them.

In `favourites` and `trash`, image -1 is the job as a whole. The column `jobs.favourite` is of
earlier versions and not read any more.

A step never changes once it was released; `PRAGMA user_version` counts the steps taken.
"""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE jobs (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        job_id TEXT NOT NULL UNIQUE,
        run_mode TEXT NOT NULL,
        source TEXT NOT NULL,
        prompt_source TEXT NOT NULL,
        prompt_pack_id TEXT,
        prompt_keys TEXT NOT NULL,
        prompt TEXT NOT NULL,
        negative_prompt TEXT NOT NULL,
        status TEXT NOT NULL,
        stage_count INTEGER NOT NULL,
        has_upscale INTEGER NOT NULL,
        has_adetailer INTEGER NOT NULL,
        config_snapshot TEXT NOT NULL,
        config_hash TEXT NOT NULL,
        created_at TEXT NOT NULL,
        started_at TEXT,
        completed_at TEXT,
        meta TEXT NOT NULL,
        parent_id TEXT,
        batch_id TEXT,
        priority INTEGER NOT NULL,
        favourite INTEGER NOT NULL DEFAULT 0,
        rank REAL NOT NULL,
        needs TEXT NOT NULL,
        wish TEXT,
        owner TEXT
    );
    CREATE INDEX jobs_next ON jobs (priority DESC, rank, n) WHERE status = 'queued';
    CREATE INDEX jobs_next_direct ON jobs (priority DESC, rank, n)
        WHERE status = 'queued' AND run_mode = 'direct';
    CREATE INDEX jobs_needs ON jobs (needs) WHERE status = 'queued';
    CREATE INDEX jobs_running ON jobs (n) WHERE status = 'running';
    CREATE INDEX jobs_history ON jobs (n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_status ON jobs (status, n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_pack ON jobs (prompt_pack_id, n) WHERE completed_at IS NOT NULL;
    CREATE INDEX jobs_by_batch ON jobs (batch_id) WHERE batch_id IS NOT NULL;
    CREATE TABLE queue_state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        paused INTEGER NOT NULL,
        reason TEXT NOT NULL
    );
    INSERT INTO queue_state VALUES (1, 0, '');
    CREATE TABLE owners (owner TEXT PRIMARY KEY, started_at TEXT NOT NULL);
    CREATE TABLE passed_over (
        webui TEXT NOT NULL,
        needs TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (webui, needs)
    );
    """,
    "CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL",
    """
    CREATE TABLE favourites (
        job_id TEXT NOT NULL,
        image INTEGER NOT NULL,
        added_at TEXT NOT NULL,
        PRIMARY KEY (job_id, image)
    );
    INSERT INTO favourites SELECT job_id, -1, created_at FROM jobs WHERE favourite != 0;
    CREATE TABLE trash (
        job_id TEXT NOT NULL,
        image INTEGER NOT NULL,
        undo TEXT NOT NULL,
        deleted_at TEXT NOT NULL,
        PRIMARY KEY (job_id, image)
    );
    CREATE INDEX trash_by_undo ON trash (undo);
    """,
    """
    ALTER TABLE jobs RENAME COLUMN wish TO control_request;
    ALTER TABLE jobs RENAME COLUMN owner TO worker;
    CREATE TABLE workers (
        worker TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        process INTEGER NOT NULL,
        webui TEXT NOT NULL,
        started_at TEXT NOT NULL
    );
    INSERT INTO workers SELECT owner, '', 0, '', started_at FROM owners;
    DROP TABLE owners;
    DROP INDEX jobs_needs;
    CREATE INDEX jobs_by_needs ON jobs (needs, priority DESC, rank, n) WHERE status = 'queued';
    """,
    "DROP TABLE IF EXISTS words",
    "ALTER TABLE workers ADD COLUMN outage TEXT",
)
