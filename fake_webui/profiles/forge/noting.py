"""A script that changes nothing but the infotext."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fake_webui.webui.processing import AlwaysOn, Processing


@dataclass(frozen=True, slots=True)
class Noted(AlwaysOn):
    """Leaves its arguments in the infotext."""

    notes: Mapping[str, Any]

    def process(self, p: Processing) -> None:
        """Note the arguments."""
        p.extra_generation_params.update(self.notes)
