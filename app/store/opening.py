"""Which database a store is on: a file in the home, or a server that several hosts share."""

from pathlib import Path

from app.errors import ConfigurationError
from app.limits import Limits
from app.storage.home import STORE_FILE
from app.store.job_store import JobStore
from app.store.sqlite_store import SqliteStore


def open_store(home: Path, url: str | None, limits: Limits, *, read_only: bool) -> JobStore:
    """Return the store at a URL, else the one in the home.

    Args:
        home: the home folder.
        url: of a database on a server, or None.
        limits: how long a server may be silent.
        read_only: whether the home can't be written; a store on a server can be all the same.

    Raises:
        ConfigurationError: if the URL is not one, or what PostgreSQL needs is not installed.
        HomeError, StoreVersionError: if the store can't be used.
    """
    if url is None:
        return SqliteStore(home / STORE_FILE, read_only=read_only)
    try:
        from app.store.postgres_store import PostgresStore  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(
            "a shared store needs psycopg: pip install 'webui-jobs[postgres]'"
        ) from error
    return PostgresStore(url, limits)
