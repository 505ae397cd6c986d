"""What `doctor` tells of a server: its version, its clock, its sessions, and rights that lack."""

import time

from app.store.job_store import Connection, StoreFacts

_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def facts_of(connection: Connection) -> StoreFacts:
    """Return what is known of the database."""
    [(version,)] = connection.execute("SHOW server_version")
    return StoreFacts(
        software=f"PostgreSQL {version.partition(' ')[0]}",
        clock_ahead_s=_clock_ahead_s(connection),
        sessions=_sessions(connection),
        lacking=_lacking(connection),
    )


def _clock_ahead_s(connection: Connection) -> float:
    """Return how far the server's clock is ahead, taken in the middle of the question."""
    before = time.time()
    [(there,)] = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(there) - (before + time.time()) / 2


def _sessions(connection: Connection) -> tuple[int, int]:
    [(used, most)] = connection.execute(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
        " current_setting('max_connections')::int"
    )
    return used, most


def _lacking(connection: Connection) -> tuple[str, ...]:
    found = connection.execute(
        "SELECT tablename, privilege FROM pg_tables, unnest(?::text[]) AS privilege"
        " WHERE schemaname = current_schema()"
        " AND NOT has_table_privilege(format('%I.%I', schemaname, tablename), privilege)"
        " ORDER BY 1, 2",
        [list(_RIGHTS)],
    )
    return tuple(f"{privilege} on {table}" for table, privilege in found)
