"""The WebUIs that other processes and hosts work with, as far as the store tells of them."""

from app.config.requirements import Needs
from app.jobs.job_queue import JobQueue
from app.jobs.workers import WorkerRecord, WorkerRegistry
from app.webui.node import WebUINode


class WebUIsElsewhere:
    """What workers of other processes say of their WebUIs.

    Args:
        registry: who works, and which WebUI takes no jobs.
        queue: which WebUI lacks what.
    """

    def __init__(self, registry: WorkerRegistry, queue: JobQueue) -> None:
        self._registry, self._queue = registry, queue

    def beside(self, node: WebUINode) -> list[WorkerRecord]:
        """Return the living workers of other processes whose WebUI is not this one."""
        own = self._registry.identity(node.name)
        return [one for one in self._registry.elsewhere() if self._identity(one) != own]

    def may_run(self, node: WebUINode, needs: Needs, *, now: bool = False) -> bool:
        """Return whether one of them can run such a job, or may, for it has not said that it can't.

        Args:
            node: the WebUI that it is asked for.
            needs: what the job needs.
            now: whether one that takes no jobs at the moment does not count.
        """
        fit = [one for one in self.beside(node) if not (now and one.outage)]
        lacking = {self._registry.identity(webui) for webui in self._queue.webuis_without(needs)}
        return any(self._identity(one) not in lacking for one in fit)

    def _identity(self, worker: WorkerRecord) -> str:
        return self._registry.identity(worker.webui, worker.host)
