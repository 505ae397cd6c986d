"""Several WebUIs at once: a runner for each, started and stopped together."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from app.engine.runner import EndListener, Listener, SingleNodeJobRunner


class RunnerGroup:
    """Runners that claim from the same queue; used like a single one.

    Args:
        runners: one for each WebUI.
    """

    def __init__(self, runners: Sequence[SingleNodeJobRunner]) -> None:
        self.runners = tuple(runners)

    def start(self, enough: Callable[[], bool] = lambda: False, *, stays: bool = False) -> None:
        """Start all; none claims a job while `enough` is true."""
        for runner in self.runners:
            runner.start(enough, stays=stays)

    def stop(self) -> None:
        """Stop all; their jobs are interrupted."""
        for runner in self.runners:
            runner.ask_to_stop()
        for runner in self.runners:
            runner.stop()

    def run_pending(self) -> int:
        """Run what is queued, side by side, until nothing more can run; return how many ran."""
        with ThreadPoolExecutor(len(self.runners), "runner") as pool:
            return sum(pool.map(lambda runner: runner.run_pending(), self.runners))

    def subscribe_to_ends(self, listener: EndListener) -> Callable[[], None]:
        """Have `listener` called with each job that has ended; return what ends that."""
        return _all(runner.subscribe_to_ends(listener) for runner in self.runners)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` called with the progress of all jobs; return what ends that."""
        return _all(runner.subscribe(listener) for runner in self.runners)


def _all(ends: Iterable[Callable[[], None]]) -> Callable[[], None]:
    """Return what calls all of these."""
    each = list(ends)

    def end() -> None:
        for one in each:
            one()

    return end
