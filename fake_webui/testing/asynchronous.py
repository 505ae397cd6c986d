"""AsyncFakeWebUI: what FakeWebUI does, for tests that are coroutines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial, update_wrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from fake_webui.testing.fake import FakeWebUI
from fake_webui.testing.held import Held
from fake_webui.testing.one_test import OneTest
from fake_webui.testing.types import MatchOptions, OptionsOfTest, PlacedHold, ServerOptions

__tracebackhide__ = True  # what fails is the test

MOST_CALLS = 64  # at a time; the others wait for one of these
P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Where calls wait for their answers. One that nobody awaits any more holds nobody up."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that blocks, and await what it returns."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MOST_CALLS, "fake-webui")
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Let the threads end when what they wait for has come."""
        if self._pool:
            self._pool.shutdown(wait=False)
        self._pool = None


def awaited(
    method: Callable[Concatenate[FakeWebUI, P], T],
) -> "Callable[Concatenate[AsyncFakeWebUI, P], Coroutine[Any, Any, T]]":
    """Return a method of FakeWebUI as one that is awaited."""

    async def call(webui: "AsyncFakeWebUI", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await webui.threads.run(method, webui.blocking, *args, **kwargs)

    update_wrapper(call, method)
    return call


class AsyncFakeWebUI:
    """A fake WebUI whose methods are awaited; options and methods are those of FakeWebUI.

    async with AsyncFakeWebUI(seed=1) as webui:
        task = asyncio.create_task(client.generate(webui.url, "a cat"))
        await webui.wait("txt2img")
    """

    def __init__(
        self,
        *words: str,
        strict: bool = False,
        allow: Iterable[str] = (),
        **options: Unpack[ServerOptions],
    ) -> None:
        self.blocking = FakeWebUI(*words, strict=strict, allow=allow, **options)
        self.threads = Threads()

    @classmethod
    def of(cls, webui: FakeWebUI) -> Self:
        """Return the same fake WebUI with methods that are awaited."""
        made = cls()
        made.blocking = webui
        return made

    @classmethod
    async def at(cls, url: str, *, tls_certfile: Path | str | None = None) -> Self:
        """Return a handle on a fake WebUI that runs already.

        Raises:
            UnreachableError: if there is none at this address.
        """
        made = cls()
        reach = partial(FakeWebUI.at, url, tls_certfile=tls_certfile)
        made.blocking = await made.threads.run(reach)
        return made

    async def scope(
        self, name: str, *, profile: str | None = None, config: Mapping[str, Any] | None = None
    ) -> "AsyncFakeWebUI":
        """Return a WebUI of its own on the same server, as FakeWebUI.scope does."""
        make = partial(self.blocking.scope, name, profile=profile, config=config)
        return AsyncFakeWebUI.of(await self.threads.run(make))

    @property
    def url(self) -> str:
        """The base URL."""
        return self.blocking.url

    @property
    def exit_status(self) -> int | None:
        """The status with which the server ended, None while it runs."""
        return self.blocking.exit_status

    def errors(self) -> str:
        """Return what the server wrote to its standard error."""
        return self.blocking.errors()

    add_fault = awaited(FakeWebUI.add_fault)
    clear = awaited(FakeWebUI.clear)
    clear_faults = awaited(FakeWebUI.clear_faults)
    count = awaited(FakeWebUI.count)
    fault = awaited(FakeWebUI.fault)
    find = awaited(FakeWebUI.find)
    findings = awaited(FakeWebUI.findings)
    har = awaited(FakeWebUI.har)
    health = awaited(FakeWebUI.health)
    image = awaited(FakeWebUI.image)
    last = awaited(FakeWebUI.last)
    mark = awaited(FakeWebUI.mark)
    noted = awaited(FakeWebUI.noted)
    refuse_unexpected = awaited(FakeWebUI.refuse_unexpected)
    request = awaited(FakeWebUI.request)
    requests = awaited(FakeWebUI.requests)
    reset = awaited(FakeWebUI.reset)
    scopes = awaited(FakeWebUI.scopes)
    settings = awaited(FakeWebUI.settings)
    unexpected = awaited(FakeWebUI.unexpected)
    wait = awaited(FakeWebUI.wait)

    def hold(
        self, path: str | None = None, *, at_step: int, **match: Unpack[MatchOptions]
    ) -> "AsyncHeld":
        """Let the next generation that matches stand still: to await, or for `async with`."""
        place = partial(self.blocking.hold, path, at_step=at_step, **match)
        return AsyncHeld(place, self.threads)

    @asynccontextmanager
    async def test(
        self, name: str | None = None, **options: Unpack[OptionsOfTest]
    ) -> AsyncIterator[Self]:
        """Let the block be one test, as FakeWebUI.test does."""
        async with _Entered(OneTest(self.blocking, name, options), self.threads):
            yield self

    async def start(self) -> Self:
        """Start the server and wait until it listens.

        Raises:
            StartError: if it ends instead, with what it said, or takes too long.
        """
        await self.threads.run(self.blocking.start)
        return self

    async def stop(self) -> None:
        """End the server; without effect on one that runs by itself."""
        await self.threads.run(self.blocking.stop)
        self.threads.close()

    async def __aenter__(self) -> Self:
        await self.threads.run(self.blocking.__enter__)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.threads.run(self.blocking.__exit__, kind, error, trace)
        finally:
            self.threads.close()


class _Entered:
    """A test whose begin and end are awaited."""

    def __init__(self, test: OneTest[FakeWebUI], threads: Threads) -> None:
        self._test = test
        self._threads = threads

    async def __aenter__(self) -> None:
        await self._threads.run(self._test.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._threads.run(self._test.__exit__, kind, error, trace)


class AsyncHeld:
    """A generation that stands still, or will; leaving the block lets it go.

    async with webui.hold("txt2img", at_step=5) as held:
        task = asyncio.create_task(client.generate())
        await held.wait()
    """

    def __init__(self, place: Callable[[], Held], threads: Threads) -> None:
        self._place = place
        self._threads = threads
        self._held: Held | None = None

    def __await__(self) -> Generator[Any, None, Self]:
        return self._placed().__await__()

    async def _placed(self) -> Self:
        if self._held is None:
            self._held = await self._threads.run(self._place)
        return self

    async def _hold(self) -> Held:
        await self._placed()
        assert self._held is not None  # noqa: S101 - for the type checker
        return self._held

    async def wait(self, timeout_s: float = 10.0) -> PlacedHold:
        """Wait until the generation stands still; return the hold, `request` in it is its number.

        Raises:
            ExpectationError: if it does not come so far in time, or not at all.
        """
        held = await self._hold()
        return await self._threads.run(held.wait, timeout_s)

    async def release(self) -> None:
        """Let the generation go on; without effect where it went on already."""
        held = await self._hold()
        await self._threads.run(held.release)

    async def __aenter__(self) -> Self:
        return await self._placed()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.release()
