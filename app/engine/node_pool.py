"""The WebUIs that work on one queue: who takes no jobs now, who takes which jobs.

Those of this app are known at first hand, those of other processes and hosts from the store.
"""

from collections.abc import Collection, Sequence

from app.config.requirements import Needs
from app.engine.webuis_elsewhere import WebUIsElsewhere
from app.errors import WebUIError
from app.webui.node import WebUINode


class NodePool:
    """All WebUIs of one store. Each runner tells it of its own.

    Args:
        nodes: the WebUIs of this app.
        elsewhere: those that other processes work with.
    """

    def __init__(self, nodes: Sequence[WebUINode], elsewhere: WebUIsElsewhere) -> None:
        self._nodes, self._elsewhere = list(nodes), elsewhere

    def has_others(self, node: WebUINode) -> bool:
        """Return whether another WebUI takes jobs."""
        return any(other.outage is None for other in self._others(node)) or any(
            other.outage is None for other in self._elsewhere.beside(node)
        )

    def others_can_run(self, node: WebUINode, waiting: Sequence[Needs]) -> bool:
        """Return whether another WebUI takes jobs and can run some of what is waiting."""
        fit = [other for other in self._others(node) if other.outage is None]
        return any(other.may_run(needs) for other in fit for needs in waiting) or any(
            self._elsewhere.may_run(node, needs, now=True) for needs in waiting
        )

    def return_to_service(self) -> None:
        """Give every WebUI that was set aside another chance."""
        for node in self._nodes:
            node.outage = None

    def lacking(self, node: WebUINode, waiting: Sequence[Needs]) -> dict[Needs, str]:
        """Return which needs of queued jobs this WebUI can't meet, with what it lacks.

        One that is alone is not asked: nobody else could meet them.
        """
        if len(self._nodes) == 1 and not self._elsewhere.beside(node):
            return {}
        reasons = {needs: _lack(node, needs) for needs in waiting}
        return {needs: reason for needs, reason in reasons.items() if reason}

    def left_to_others(self, node: WebUINode, lacking: Collection[Needs]) -> list[Needs]:
        """Return what of that another WebUI may meet, now or when it takes jobs again."""
        return [
            needs
            for needs in lacking
            if any(other.may_run(needs) for other in self._others(node))
            or self._elsewhere.may_run(node, needs)
        ]

    def _others(self, node: WebUINode) -> list[WebUINode]:
        return [other for other in self._nodes if other is not node]


def _lack(node: WebUINode, needs: Needs) -> str | None:
    try:
        return node.inventory({need.kind for need in needs}).lacks(needs)
    except WebUIError:
        return None  # the job itself will say what is wrong
