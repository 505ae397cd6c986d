"""Connections to a PostgreSQL server: how one is opened, watched, and what its errors say."""

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.errors import ConfigurationError, StoreError
from app.limits import Limits
from app.store.job_store import Row
from app.store.postgres_dialect import PostgresDialect

EXAMPLE = "postgresql://USER:PASSWORD@HOST/DATABASE"
Raw = psycopg.Connection[Row]

_PROBES = 3  # without an answer, before a silent session ends
_STUCK = {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}
"""A host that hangs in a change holds nobody up for long."""


class PostgresConnection:
    """A connection that takes the shared SQL, with `?` for values.

    Args:
        raw: psycopg's; each statement is a transaction until one is begun.
        dialect: how PostgreSQL says what the databases don't say alike.
        tag: the session's name at the server, which no other has.
    """

    def __init__(self, raw: Raw, dialect: PostgresDialect, tag: str) -> None:
        self.raw, self.dialect, self.tag = raw, dialect, tag

    @property
    def is_lost(self) -> bool:
        """Whether the session has ended."""
        return self.raw.closed

    def close(self) -> None:
        """End the session."""
        self.raw.close()

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Row]:
        """Run one statement; or several without values, of which the last one answers.

        So they cost one round trip, which is most of what a small statement costs.
        """
        cursor = self.raw.execute(_with_placeholders(sql), [_sent(value) for value in values])
        while cursor.nextset():
            pass
        return cursor

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> psycopg.Cursor[Row]:
        """Run one statement for each row of values."""
        cursor = self.raw.cursor()
        sent = [[_sent(value) for value in row] for row in rows]
        if sent:
            cursor.executemany(_with_placeholders(sql), sent)
        return cursor


@lru_cache(maxsize=256)
def _with_placeholders(sql: str) -> bytes:
    return sql.replace("%", "%%").replace("?", "%s").encode()


def _sent(value: Any) -> Any:
    """Return a value as psycopg takes it: plain texts, without the NUL that they can't have."""
    return str(value).replace("\0", "") if isinstance(value, str) else value


def check_store_url(url: str) -> str:
    """Return the URL of a shared store.

    Raises:
        ConfigurationError: if it is not one, or names no server. A password is never shown.
    """
    try:
        parts = urlsplit(url)
        facts = conninfo_to_dict(url)
    except (ValueError, psycopg.Error):
        raise ConfigurationError(
            f"the store's URL can't be read; give one like {EXAMPLE}"
        ) from None
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ConfigurationError(f"{shown_url(url)!r} is not a store; give one like {EXAMPLE}")
    if not facts.get("host"):
        raise ConfigurationError(
            f"the store {shown_url(url)!r} names no server; give one like {EXAMPLE}"
        )
    return url


def shown_url(url: str) -> str:
    """Return a store's URL without its password and its parameters."""
    before, _, after = url.partition("?")[0].rpartition("@")
    scheme, slashes, user = before.partition("//")
    return f"{scheme}{slashes}{user.partition(':')[0]}@{after}" if slashes else after


def connect(url: str, limits: Limits) -> tuple[Raw, str]:
    """Return a new connection and its name at the server.

    Both ends look after `silence_s` whether the other is still there.

    Raises:
        StoreError: if the server can't be reached or does not let us in; says why.
    """
    tag = f"webui-jobs {socket.gethostname()[:20]} {os.getpid()} {secrets.token_hex(6)}"
    settings = _on_our_side(limits) | {"connect_timeout": ceil(limits.connect_timeout_s)}
    try:
        raw = psycopg.connect(url, autocommit=True, application_name=tag, **settings)
        for name, value in (_on_the_server(limits) | _STUCK).items():
            with suppress(psycopg.errors.InvalidParameterValue, psycopg.errors.UndefinedObject):
                raw.execute("SELECT set_config(%s, %s, false)", [name, value])
    except psycopg.Error as error:
        raise StoreError(f"can't open the store {shown_url(url)}: {words_of(error)}") from None
    return raw, tag


def _on_our_side(limits: Limits) -> dict[str, Any]:
    idle_s, interval_s = _keepalives(limits)
    return {
        "keepalives": 1, "keepalives_idle": idle_s, "keepalives_interval": interval_s,
        "keepalives_count": _PROBES, "tcp_user_timeout": round(limits.silence_s * 1000),
    }  # fmt: skip


def _on_the_server(limits: Limits) -> dict[str, str]:
    idle_s, interval_s = _keepalives(limits)
    return {
        "tcp_keepalives_idle": f"{idle_s}", "tcp_keepalives_interval": f"{interval_s}",
        "tcp_keepalives_count": f"{_PROBES}", "client_connection_check_interval": f"{idle_s}s",
        "tcp_user_timeout": f"{limits.silence_s * 1000:.0f}",
    }  # fmt: skip


def _keepalives(limits: Limits) -> tuple[int, int]:
    """Return when the first probe is sent and how far they are apart, in whole seconds."""
    interval_s = max(1, int(limits.silence_s / (_PROBES + 2)))
    return 2 * interval_s, interval_s


def words_of(error: psycopg.Error) -> str:
    """Return what the server said, in one line."""
    said = error.diag.message_primary or f"{error}"
    lines = [line.strip() for line in said.splitlines() if not line.strip().startswith("Is the")]
    last = lines[-1] if lines else type(error).__name__
    return last.rpartition(" failed: ")[2].removeprefix("FATAL:").strip()
