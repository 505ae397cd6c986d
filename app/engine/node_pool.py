"""The WebUIs that work on one queue: who takes no jobs now, who takes which jobs."""

from collections.abc import Sequence

from app.config.requirements import Needs
from app.errors import WebUIError
from app.webui.node import WebUINode


class NodePool:
    """All WebUIs of one app. Each runner tells it of its own.

    Args:
        nodes: the WebUIs.
    """

    def __init__(self, nodes: Sequence[WebUINode]) -> None:
        self._nodes = list(nodes)

    def has_others(self, node: WebUINode) -> bool:
        """Return whether another WebUI takes jobs."""
        return any(other.outage is None for other in self._others(node))

    def others_can_run(self, node: WebUINode, waiting: Sequence[Needs]) -> bool:
        """Return whether another WebUI takes jobs and can run some of what is waiting."""
        fit = [other for other in self._others(node) if other.outage is None]
        return any(other.may_run(needs) for other in fit for needs in waiting)

    def is_single(self) -> bool:
        """Return whether there is only one."""
        return len(self._nodes) == 1

    def return_to_service(self) -> None:
        """Give every WebUI that was set aside another chance."""
        for node in self._nodes:
            node.outage = None

    def pass_over(self, node: WebUINode, waiting: Sequence[Needs]) -> dict[Needs, str]:
        """Return which needs of queued jobs this WebUI leaves to others, with what it lacks."""
        if self.is_single():
            return {}
        reasons = {needs: _lack(node, needs) for needs in waiting}
        return {
            needs: reason
            for needs, reason in reasons.items()
            if reason and any(other.may_run(needs) for other in self._others(node))
        }

    def _others(self, node: WebUINode) -> list[WebUINode]:
        return [other for other in self._nodes if other is not node]


def _lack(node: WebUINode, needs: Needs) -> str | None:
    try:
        return node.inventory({need.kind for need in needs}).lacks(needs)
    except WebUIError:
        return None  # the job itself will say what is wrong
