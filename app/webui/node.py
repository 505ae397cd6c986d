"""One WebUI as the engine sees it: is it up, what does it have, is it working for us."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from app.config.requirements import Needs
from app.errors import WebUIAnswerError, WebUIError, WebUIStartingError
from app.limits import Limits
from app.webui.api_client import ApiClient
from app.webui.inventory import Inventory
from app.webui.kinds import WebUIKind, kind_of

FRESH_S = 5.0  # after an answer the WebUI counts as up for so long


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What the WebUI knows of one of our requests. What it does not tell is None."""

    running: bool
    waiting: bool = False
    completed: bool = False
    fraction: float = 0.0
    step: int | None = None
    steps: int | None = None
    batch: int | None = None
    eta_s: float | None = None
    text: str | None = None


IDLE = TaskState(running=False)
NO_JOB_YET = "0"
"""What a WebUI that has just started tells as the time of its last job."""


LISTS_OF: Mapping[str, tuple[str, ...]] = {
    "checkpoint": ("checkpoints",),
    "vae": ("vaes",),
    "module": ("modules",),
    "sampler": ("samplers",),
    "scheduler": ("schedulers",),
    "upscaler": ("upscalers",),
    "hires upscaler": ("upscalers", "latent_upscalers"),
    "script": ("scripts",),
    "ADetailer model": ("detailers",),
    "style": ("styles",),
    "LoRA": ("loras",),
    "embedding": ("embeddings",),
    "hypernetwork": ("hypernetworks",),
    "field": (),
}
"""Which lists tell of which kind of requirement."""


class WebUINode:
    """A WebUI with what is known of it.

    Args:
        client: how to talk to it.
        limits: how long its lists are believed.
    """

    def __init__(self, client: ApiClient, limits: Limits) -> None:
        self.client, self.name = client, client.name
        self.outage: str | None = None
        """Why it takes no jobs, or None."""
        self.outage_since: datetime | None = None
        """Since when, in local time."""
        self.known_inventory: Inventory | None = None
        """What it had when it was last asked."""
        self.restored_options: set[str] = set()
        """Options of which it was seen that it restores them itself after an override."""
        self._limits = limits
        self._kind: WebUIKind | None = None
        self._lists_until: dict[str, float] = {}
        self._up_until = 0.0
        self._has_task_progress = True
        self.restarts = 0
        """How often it was seen that it had been started again."""
        self._last_job_at: str | None = None

    def set_aside(self, reason: str) -> None:
        """Note why it takes no jobs; since when is kept where it took none before."""
        if self.outage is None:
            self.outage_since = datetime.now().astimezone()
        self.outage = reason

    def outage_words(self) -> str | None:
        """Return why it takes no jobs and since when, or None when it takes them."""
        return self.outage and f"{self.outage} (since {self.outage_since:%H:%M})"

    def why_not_ready(self) -> WebUIError | None:
        """Return why it can't take a job now, or None when it can.

        A WebUI that starts answers some requests long before it can generate; its samplers come
        last.
        """
        if self.is_fresh():
            return None
        try:
            samplers = self.client.samplers()
        except WebUIAnswerError as error:
            return self._starting() if error.status == 404 else error
        except WebUIError as error:
            self._kind = None  # another kind may be started in its place
            return error
        if not samplers:
            return self._starting()
        self.answered()
        return None

    def foreign_work(self) -> TaskState | None:
        """Return what it works on that is none of ours, or None.

        To be asked only while no request of ours is open.

        Raises:
            WebUIError: if it does not answer.
        """
        if not self.kind().knows_tasks:  # its progress stands still after a failure
            return None
        state = self._progress()
        return state if state.running else None

    def restarts_seen(self) -> int:
        """Look whether it was started again meanwhile, and return `restarts`.

        Raises:
            WebUIError: if it does not answer.
        """
        self._progress()
        return self.restarts

    def _starting(self) -> WebUIStartingError:
        return WebUIStartingError(
            f"the WebUI at {self.name} does not answer on its API; start it with --api,"
            " or wait until it has started"
        )

    def is_fresh(self) -> bool:
        """Return whether it has answered so lately that it need not be asked."""
        return time.monotonic() < self._up_until

    def answered(self) -> None:
        """Note that it has just answered a request."""
        self._up_until = time.monotonic() + FRESH_S

    def fell_silent(self) -> None:
        """Note that a request failed, so that it is asked before it gets another."""
        self._up_until = 0.0
        self._lists_until = dict.fromkeys(self._lists_until, 0.0)
        self.restored_options.clear()

    def kind(self) -> WebUIKind:
        """Return what kind of WebUI it is; it is asked once, and again after it was silent.

        Raises:
            WebUIError: if it does not answer.
        """
        if self._kind is None:
            self._kind = kind_of(self.client.paths())
        return self._kind

    def version(self) -> str:
        """Return the version that it tells, or ""."""
        kind = self.kind()
        return self.client.version(kind.version_path, kind.version_keys)

    def inventory(
        self, kinds: Collection[str] = tuple(LISTS_OF), *, fresh: bool = False
    ) -> Inventory:
        """Return what it has of these kinds of requirements; old lists are asked for again.

        Raises:
            WebUIError: if it does not answer.
        """
        kind = self.kind()
        known = replace(
            self.known_inventory or Inventory(),
            names=kind.names,
            takes_titles=kind.takes_titles,
            ignored_fields=kind.ignored,
        )
        now = time.monotonic()
        lists = {name for kind in kinds for name in LISTS_OF[kind]}
        asked = {name for name in lists if fresh or now > self._lists_until.get(name, 0.0)}
        found = {name: READERS[name](self) for name in sorted(asked)}
        self._lists_until |= dict.fromkeys(asked, now + self._limits.inventory_age_s)
        self.known_inventory = replace(known, **found)
        return self.known_inventory

    def may_run(self, needs: Needs) -> bool:
        """Return whether it can run such a job, or could when it was last asked."""
        lists = {name for need in needs for name in LISTS_OF[need.kind]}
        known = self.known_inventory
        return known is None or not lists <= self._lists_until.keys() or not known.lacks(needs)

    def task_state(self, task_id: str | None, *, is_open: bool = False) -> TaskState:
        """Return how a request of ours is doing; `is_open` while its answer is still awaited.

        Without a task id, or on a WebUI that does not know tasks, whatever it works on counts.
        """
        if task_id is not None and not self.kind().knows_tasks:
            state = self._progress()
            return replace(state, running=True) if is_open else state
        if task_id is not None and self._has_task_progress:
            try:
                return _from_task(self.client.internal_progress(task_id), self._progress)
            except WebUIAnswerError as error:
                if error.status != 404:
                    raise
                self._has_task_progress = False
        return self._progress()

    def unseen_state(self) -> TaskState:
        """Return the state of an open request of ours, sent with a task id, that can't be seen."""
        return IDLE if self._kind is None or self._kind.knows_tasks else TaskState(running=True)

    def _progress(self) -> TaskState:
        """Return what it works on, whoever asked for it.

        Its last job's time is kept in its memory alone, so one that has had a job and tells of
        none any more is a new process.
        """
        answer = self.client.progress()
        last_job_at = (answer.get("state") or {}).get("job_timestamp")
        if last_job_at == NO_JOB_YET and self._last_job_at not in {None, NO_JOB_YET}:
            self.restarts += 1
        self._last_job_at = last_job_at
        return _from_progress(answer)


def _names(read: Callable[[], list[Any]], *keys: str) -> list[str] | None:
    """Return what the items of a list are called, or None where a WebUI has no such list."""
    items = _told(read)
    return None if items is None else [item[key] for item in items for key in keys if item.get(key)]


def _told(read: Callable[[], list[Any]]) -> list[Any] | None:
    try:
        return read()
    except WebUIAnswerError:
        return None


READERS: Mapping[str, Callable[[WebUINode], Any]] = {
    "checkpoints": lambda node: node.client.checkpoints(),
    "vaes": lambda node: _names(partial(node.client.vaes, node.kind().vaes_path), "model_name"),
    "modules": lambda node: _names(node.client.modules, "model_name") or (),
    "samplers": lambda node: _names(node.client.samplers, "name"),
    "schedulers": lambda node: (
        node.kind().schedulers or _names(node.client.schedulers, "name", "label")
    ),
    "upscalers": lambda node: _names(node.client.upscalers, "name"),
    "latent_upscalers": lambda node: _names(node.client.latent_upscalers, "name"),
    "scripts": lambda node: [name for names in node.client.scripts().values() for name in names],
    "detailers": lambda node: _told(node.client.detailers),
    "styles": lambda node: _names(node.client.styles, "name"),
    "loras": lambda node: _names(node.client.loras, "name", "alias"),
    "embeddings": lambda node: _told(node.client.embeddings),
    "hypernetworks": lambda node: _names(node.client.hypernetworks, "name"),
}
"""How each list of an inventory is asked for; what a WebUI does not tell is None."""


def _from_task(answer: Any, look: Callable[[], TaskState]) -> TaskState:
    if answer.get("queued"):
        return TaskState(running=False, waiting=True, text=answer.get("textinfo"))
    if not answer.get("active"):
        return TaskState(running=False, completed=bool(answer.get("completed")))
    # A task that failed stays active until the next one, so the sampler is asked too.
    live = look()
    return TaskState(
        running=live.running,
        fraction=answer.get("progress") or 0.0,
        step=live.step,
        steps=live.steps,
        batch=live.batch,
        eta_s=answer.get("eta"),
        text=answer.get("textinfo"),
    )


def _from_progress(answer: Any) -> TaskState:
    state = answer.get("state") or {}
    if not state.get("job") and not state.get("job_count"):
        return IDLE
    return TaskState(
        running=True,
        fraction=answer.get("progress") or 0.0,
        step=state.get("sampling_step"),
        steps=state.get("sampling_steps"),
        batch=state.get("job_no"),
        eta_s=answer.get("eta_relative"),
        text=answer.get("textinfo"),
    )
