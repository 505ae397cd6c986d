"""The WebUIs that work on one queue: who is out of service, who takes which jobs."""

import json
from collections.abc import Sequence

from app.config.requirements import Requirement
from app.errors import WebUIError
from app.webui.node import WebUINode


class Fleet:
    """All WebUIs of one app. Each runner tells it of its own.

    Args:
        nodes: the WebUIs.
    """

    def __init__(self, nodes: Sequence[WebUINode]) -> None:
        self._nodes = list(nodes)

    def has_others_in_service(self, node: WebUINode) -> bool:
        """Whether another WebUI can take the jobs that this one can't."""
        return any(other.trouble is None for other in self._others(node))

    def others_can_run(self, node: WebUINode, waiting: Sequence[str]) -> bool:
        """Whether another WebUI that is in service can run some of what is waiting."""
        fit = [other for other in self._others(node) if other.trouble is None]
        return any(_may_run(other, needs) for other in fit for needs in waiting)

    def is_single(self) -> bool:
        """Whether there is only one."""
        return len(self._nodes) == 1

    def back_in_service(self) -> None:
        """Give every WebUI that was taken out of service another chance."""
        for node in self._nodes:
            node.trouble = None

    def pass_over(self, node: WebUINode, waiting: Sequence[str]) -> dict[str, str]:
        """Return which needs this WebUI leaves to others, with what it lacks.

        Args:
            node: the WebUI.
            waiting: the needs of queued jobs, as the store writes them.
        """
        if self.is_single():
            return {}
        reasons = {needs: _lack(node, needs) for needs in waiting}
        return {
            needs: reason
            for needs, reason in reasons.items()
            if reason and any(_may_run(other, needs) for other in self._others(node))
        }

    def _others(self, node: WebUINode) -> list[WebUINode]:
        return [other for other in self._nodes if other is not node]


def _lack(node: WebUINode, needs: str) -> str | None:
    try:
        return node.offer().lacks(_parsed(needs))
    except WebUIError:
        return None  # the job itself will say what is wrong


def _may_run(node: WebUINode, needs: str) -> bool:
    """Whether a WebUI can run such a job, or could when it was last asked."""
    known = node.known_offer
    return known is None or known.lacks(_parsed(needs)) is None


def _parsed(needs: str) -> list[Requirement]:
    return [Requirement(kind, name) for kind, name in json.loads(needs)]
