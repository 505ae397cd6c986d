"""What a PostgreSQL server does while others work: its processor, and what sessions wait for."""

import os
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg

_LOOK_S = 0.05
_DOING = (
    "SELECT CASE WHEN state LIKE 'idle%' THEN 'worker' WHEN wait_event_type IN ('Lock', 'LWLock')"
    " THEN 'each other' WHEN wait_event_type = 'IO' THEN 'disk' ELSE 'nothing' END"
    " FROM pg_stat_activity WHERE application_name LIKE 'webui-jobs%'"
)


class ServerShares:
    """Watches a server for the length of a block.

    Args:
        url: of the server, which runs on this machine.
    """

    def __init__(self, url: str) -> None:
        self._url, self._over = url, threading.Event()
        self._seen = Counter[str]()
        self._thread = threading.Thread(target=self._look)
        self.used_s = 0.0
        """Seconds of a processor that the server has used, where the system tells."""

    def __enter__(self) -> Self:
        self.used_s = -self._processor_s()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.used_s += self._processor_s()

    def waits(self) -> str:
        """Return what the workers' sessions waited for, in shares of their time."""
        total = max(self._seen.total(), 1)
        return ", ".join(f"{what} {n / total:.0%}" for what, n in self._seen.most_common())

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as session:
            while not self._over.wait(_LOOK_S):
                self._seen.update(what for (what,) in session.execute(_DOING))

    def _processor_s(self) -> float:
        """Return what the server's processes have used, those that have ended included."""
        with psycopg.connect(self._url) as session:
            [(file,)] = session.execute("SELECT current_setting('data_directory')")
        main = int(Path(file, "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children")
        processes = [main, *map(int, children.read_text().split())] if children.exists() else []
        return sum(_used_s(process) for process in processes)


def _used_s(process: int) -> float:
    """Return the processor's seconds of a process and of its children that have ended."""
    with suppress(OSError):  # it may have ended meanwhile
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0
