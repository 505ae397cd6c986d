"""What a generation works with, and the scripts that take part in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fake_webui.webui.images import Picture
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.result import Processed
from fake_webui.webui.state import Job, WebUIState


class AlwaysOn:
    """A script that takes part in every generation it is active in.

    `findings` say what of a request's arguments it passes over, one sentence each.
    """

    findings: Sequence[str] = ()

    def before(self, p: Processing) -> None:
        """Look at the parameters before anything is worked out.

        Raises:
            ApiError: to refuse the generation.
        """

    def process(self, p: Processing) -> None:
        """Change the parameters before anything is made."""

    def postprocess_image(
        self,
        p: Processing,  # noqa: ARG002 (what others need)
        context: "GenerationContext",  # noqa: ARG002
        picture: Picture,
    ) -> Picture:
        """Return what becomes of a picture."""
        return picture

    def postprocess(self, p: Processing, processed: Processed) -> None:
        """Change the result, which has all pictures."""


@dataclass(frozen=True, slots=True)
class GenerationContext:
    """What a generation works with: the server's state, its turn, the scripts that take part."""

    state: WebUIState
    job: Job
    scripts: Sequence[AlwaysOn] = ()
