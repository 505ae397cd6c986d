"""Holds: which generation stands still next, and where.

Each holds one request: the first that it matches and that no earlier hold has taken.
"""

import threading
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from fake_webui.contract.endpoint import Index, Work
from fake_webui.errors import ControlError
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.expectation import check_number
from fake_webui.journal.matching import Match, known, parse_match
from fake_webui.webui.state import Hold, HoldStage

HOLD_KEYS: Final = ("match", "at_step")
MOST_HOLDS = 1000
OVER: Final = (HoldStage.RELEASED, HoldStage.MISSED)


@dataclass(slots=True, eq=False)
class PlacedHold:
    """A hold, the requests that it means, and the number of the one that it took."""

    id: int
    match: Match
    hold: Hold
    request: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as it would be posted, and what has become of it."""
        facts = {"stage": str(self.hold.stage), "request": self.request}
        return {
            "id": self.id, "match": self.match.as_json(), "at_step": self.hold.at_step, **facts
        }  # fmt: skip


class Holds:
    """Those that were asked for since the start or reset. Safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._placed: dict[int, PlacedHold] = {}
        self._added = 0

    def add(self, match: Match, at_step: int) -> PlacedHold:
        """Place a hold after all others.

        Raises:
            ControlError: 422 if there are too many that still wait or hold.
        """
        with self._lock:
            self._make_room()
            self._added += 1
            placed = PlacedHold(self._added, match, Hold(at_step))
            self._placed[placed.id] = placed
            return placed

    def _make_room(self) -> None:
        over = (one.id for one in self._placed.values() if one.hold.stage in OVER)
        for id_ in list(islice(over, max(0, len(self._placed) - MOST_HOLDS + 1))):
            del self._placed[id_]
        if len(self._placed) >= MOST_HOLDS:
            raise ControlError(422, f"there are {MOST_HOLDS} holds already: release some, or reset")

    def all(self) -> list[PlacedHold]:
        """Return the holds, oldest first."""
        with self._lock:
            return list(self._placed.values())

    def get(self, id_: int) -> PlacedHold:
        """Return one.

        Raises:
            ControlError: 404 if there is none.
        """
        with self._lock:
            if placed := self._placed.get(id_):
                return placed
        raise ControlError(404, f"there is no hold {id_}")

    def take(self, exchange: Exchange) -> Hold | None:
        """Return the hold for a request, if there is one, which no other request gets then."""
        with self._lock:
            for placed in self._placed.values():
                is_free = placed.request is None and placed.hold.stage is HoldStage.WAITING
                if is_free and placed.match.accepts(exchange):
                    placed.request = exchange.n
                    return placed.hold
        return None

    def reset(self) -> None:
        """Release all and forget them; ids go on, so that nobody releases what others placed."""
        with self._lock:
            placed, self._placed = self._placed, {}
        for one in placed.values():
            one.hold.release()


def parse_hold(value: Any, endpoints: Index) -> tuple[Match, int]:
    """Read a hold out of JSON, for a server that has these endpoints.

    Raises:
        ControlError: 422 that says what is allowed.
    """
    if not isinstance(value, dict) or set(value) - set(HOLD_KEYS) or "at_step" not in value:
        raise ControlError(422, 'a hold is {"match": {…}, "at_step": n}, the steps from 0 on')
    match = parse_match(value.get("match", {}))
    paths = [path for path, methods in endpoints.items() if is_generation(methods)]
    if match.path is not None and match.path not in paths:
        message = f"nothing can be held on {match.path}; generations are on {known(paths)}"
        raise ControlError(422, message)
    return match, int(check_number("at_step", value["at_step"], whole=True))


def is_generation(methods: Any) -> bool:
    """Return whether one of the methods at an address generates."""
    return any(one.work is Work.GENERATION for one in methods.values())
