"""What came nearest to what a test expects, and how it differs."""

import difflib
import heapq
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fake_webui.journal.matching import Difference, Match
from fake_webui.journal.recorder import FACTS, SENT, Recorder, Scope
from fake_webui.journal.summary import image_lines, summary

NEAREST_SHOWN = 3
NEAREST_CONSIDERED = 1000  # entries; the newest of the journal
DIFFERENCES_SHOWN = 8
IMAGES_SHOWN = 8
COMPARED = 200  # characters of a path; comparing takes the square of the time


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An exchange that does not match, and why."""

    n: int
    name: str
    differences: tuple[Difference, ...]

    @property
    def distance(self) -> tuple[float, int, int]:
        """How far off: path first, then the number of differences, then the newest."""
        path = next((one for one in self.differences if one.where == "path"), None)
        similarity = compare(path.expected, path.got) if path else 2
        return (-similarity, len(self.differences), -self.n)

    def __str__(self) -> str:
        shown = "; ".join(map(str, self.differences[:DIFFERENCES_SHOWN]))
        return f"#{self.n} {self.name}: {shown}"

    def as_json(self, recorder: Recorder) -> dict[str, Any]:
        """Return the entry, where it is still there, and its differences."""
        exchange = recorder.get(self.n, SENT)
        entry = exchange.entry() if exchange else {"n": self.n}
        return entry | {"differences": [asdict(one) for one in self.differences]}


def compare(expected: str, got: str) -> float:
    """Return how similar the beginnings of two paths are, 0 to 1."""
    pair = expected[:COMPARED], got[:COMPARED]
    return difflib.SequenceMatcher(None, *pair).ratio()


def nearest(recorder: Recorder, match: Match) -> list[NearMiss]:
    """Return the few entries of the journal that are least unlike a match, nearest first."""
    newest = Scope(since=max(0, recorder.last_n - NEAREST_CONSIDERED))
    misses = (
        NearMiss(one.n, f"{one.method} {one.path}", differences)
        for one in recorder.entries(newest, SENT)
        if (differences := tuple(match.differences(one)))
    )
    return heapq.nsmallest(NEAREST_SHOWN, misses, key=lambda miss: miss.distance)


def overview(recorder: Recorder, mark: str | None) -> str:
    """Return a table of the newest entries, under a mark if one is given."""
    newest = Scope(since=max(0, recorder.last_n - NEAREST_CONSIDERED), mark=mark)
    entries = [one.summary() for one in recorder.entries(newest, FACTS)]
    return summary(entries) if entries else "nothing was recorded"


def lines_on(misses: Sequence[NearMiss], recorder: Recorder) -> Iterator[str]:
    """Yield what came nearest and how it differs, then the images that it carried, if any."""
    if misses:
        yield "\n  ".join(["nearest:", *map(str, misses)])
    lines = [line for miss in misses for line in images_of(miss.n, recorder)]
    if lines:
        yield "\n".join(["images, as GET /__fake/v1/requests/{n}/images/{i} has them:", *lines])


def images_of(n: int, recorder: Recorder) -> list[str]:
    """Return a line for each of the first images of an exchange."""
    exchange = recorder.get(n)
    found = exchange.images_with_places()[:IMAGES_SHOWN] if exchange else []
    return image_lines(n, [image.describe() | place for image, place in found])
