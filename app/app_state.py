"""What the user has set up so far. Observable, without logic, without a toolkit."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.config.pipeline_config import PipelineConfig
from app.jobs.models import RunMode
from app.storage.documents import Notice

Observer = Callable[[str], None]


class Observable:
    """Tells observers the name of each public attribute that gets another value."""

    def __init__(self) -> None:
        self._observers: list[Observer] = []

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Have `observer` called with names of changed attributes; return what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def __setattr__(self, name: str, value: Any) -> None:
        changed = name.startswith("_") or getattr(self, name, ...) != value
        super().__setattr__(name, value)
        if changed and not name.startswith("_"):
            for observer in tuple(self._observers):
                observer(name)


class JobDraft(Observable):
    """The next job: a pack's prompts, or one prompt of its own; see `app.planning.draft.Draft`."""

    pack_id: Path | str | None = None
    only: tuple[str, ...] = ()
    prompt: str = ""
    negative_prompt: str = ""
    config: PipelineConfig = PipelineConfig()
    preset: str | None = None
    seed: int | None = None
    strict: bool = False
    axes: Mapping[str, Sequence[str]] = MappingProxyType({})
    inputs: tuple[Path, ...] = ()


class AppStateV2(Observable):
    """The state of the user interface."""

    run_mode: RunMode | None = None
    notices: tuple[Notice, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.job_draft = JobDraft()
