"""The one place where the parts of the app are put together."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from app.app_controller import AppController
from app.app_state import AppStateV2
from app.engine.node_pool import NodePool
from app.engine.notifications import Notifications
from app.engine.overviews import Overviews
from app.engine.pipeline_runner import PipelineRunner
from app.engine.runner import SingleNodeJobRunner
from app.engine.runner_group import RunnerGroup
from app.engine.webuis_elsewhere import WebUIsElsewhere
from app.errors import AppError, HomeError
from app.jobs.job_history import JobHistoryStore
from app.jobs.job_queue import JobQueue
from app.jobs.job_service import JobService
from app.jobs.search import bring_up_to_date
from app.jobs.trash import Trash
from app.jobs.workers import WorkerRegistry
from app.limits import DEFAULT_LIMITS, Limits
from app.planning.draft import prepared
from app.storage.artifacts import ArtifactStore
from app.storage.home import (
    Settings,
    is_read_only,
    prepare_home,
    refuse_unwritable,
    resolve_settings,
)
from app.storage.home_files import HomeFiles
from app.storage.names import DEFAULT_TEMPLATE
from app.store.job_store import JobStore
from app.store.opening import open_store
from app.webui.api_client import ApiClient
from app.webui.node import WebUINode
from app.webui.webhook import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The app, put together. As a context manager it runs jobs in the background."""

    home: Path
    files: HomeFiles
    state: AppStateV2
    controller: AppController
    job_service: JobService
    runner: SingleNodeJobRunner | RunnerGroup
    runners: tuple[SingleNodeJobRunner, ...]
    queue: JobQueue
    registry: WorkerRegistry
    history: JobHistoryStore
    trash: Trash
    overviews: Overviews
    api_client: ApiClient
    store: JobStore
    limits: Limits
    orphans: tuple[str, ...] = ()
    """Running jobs that nobody runs any more, in a home that can only be read."""

    def __enter__(self) -> Self:
        self.runner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.stop()

    def notifying(
        self, url: str | None, on_trouble: Callable[[str], None]
    ) -> AbstractContextManager[object]:
        """Return what tells a webhook, while it is entered, of failures, pauses and the end.

        Args:
            url: where to post; None tells nobody.
            on_trouble: is called with a sentence where a message was not taken.

        Raises:
            ConfigurationError: if it is not a URL.
        """
        if url is None:
            return nullcontext()
        webhook = Webhook(url, self.limits)
        return Notifications(webhook, self.queue, self.runner, self.limits, on_trouble)

    def close(self) -> None:
        """Close the store and all connections; no runner may be started."""
        self.store.close()
        for runner in self.runners:
            runner.node.client.close()


def build_app(
    webui_url: str | Sequence[str] | None = None,
    home: Path | str | None = None,
    *,
    store: str | None = None,
    images: Path | str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    template: str = DEFAULT_TEMPLATE,
    to_read: bool = False,
) -> Application:
    """Return the app on a home, which is made if it is not there.

    Jobs that an app was running when it died become `interrupted` here.

    Args:
        webui_url: where the WebUI is, or several; see `resolve_settings` for the default.
        home: the folder with the jobs, packs, presets and images.
        store: the URL of a store that several hosts share, instead of the home's own.
        images: the folder of the images, instead of the home's own; it must be there.
        limits: times and counts of the engine.
        template: how image files are named.
        to_read: whether a home that can't be written will do; then nothing in it is changed.

    Raises:
        ConfigurationError: if a URL is not one, or the template can't be used.
        HomeError, StoreVersionError: if the home or the store can't be used.
    """
    settings = resolve_settings(home, webui_url, store, images)
    files = HomeFiles(settings.home, settings.images)
    read_only = to_read and is_read_only(settings.home)
    files.require_images(to_read=to_read)
    opened = _open_store(settings, limits, read_only=read_only)
    registry = WorkerRegistry(opened)
    orphans = registry.orphans() if read_only else []
    if not read_only:
        with suppress(HomeError):  # a full disk can still be read; the runners try again
            registry.recover()
            bring_up_to_date(opened)
    queue, history = JobQueue(opened), JobHistoryStore(opened)
    artifacts = ArtifactStore(files, template)
    overviews = Overviews(queue, history, artifacts)
    nodes = [WebUINode(ApiClient(url, limits), limits) for url in settings.webui_urls]
    pool, state = NodePool(nodes, WebUIsElsewhere(registry, queue)), AppStateV2()
    runners = tuple(
        SingleNodeJobRunner(
            node=node,
            queue=queue,
            registry=registry,
            pipeline=PipelineRunner(node, artifacts, limits),
            overviews=overviews,
            pool=pool,
            limits=limits,
        )
        for node in nodes
    )
    job_service = JobService(
        queue, history, pool, partial(prepared, home=settings.home), partial(_failure_of, runners)
    )
    return Application(
        home=settings.home,
        files=files,
        state=state,
        controller=AppController(state, job_service, settings.home),
        job_service=job_service,
        runner=runners[0] if len(runners) == 1 else RunnerGroup(runners),
        runners=runners,
        queue=queue,
        registry=registry,
        history=history,
        trash=Trash(opened, history, files),
        overviews=overviews,
        api_client=nodes[0].client,
        store=opened,
        limits=limits,
        orphans=tuple(orphans),
    )


def _open_store(settings: Settings, limits: Limits, *, read_only: bool) -> JobStore:
    """Open the store and make the home; where one of them refuses, neither is made."""
    is_own = settings.store is None
    if is_own and not read_only:
        prepare_home(settings.home)
    elif not read_only:
        refuse_unwritable(settings.home)
    store = open_store(settings.home, settings.store, limits, read_only=read_only)
    if is_own or read_only:
        return store
    try:
        prepare_home(settings.home)
    except HomeError:
        store.close()
        raise
    return store


def _failure_of(runners: Sequence[SingleNodeJobRunner]) -> AppError | None:
    """Return why no runner of this app goes on, or None while one may."""
    failures = [runner.failure() for runner in runners]
    return failures[0] if all(failures) else None
