"""AsyncFakeWebUI, and FakeWebUI where an event loop runs."""

import asyncio
import inspect
import subprocess
import sys
import time

import pytest
import requests

from fake_webui import AsyncFakeWebUI, FakeWebUI
from fake_webui.errors import EventLoopError, StrictError
from tests.support import ROOT

TXT2IMG = "/sdapi/v1/txt2img"
SMALL = {"width": 64, "height": 64, "steps": 9}


async def generate(webui: AsyncFakeWebUI, **fields: object) -> requests.Response:
    """Ask for a small picture."""
    body = {**SMALL, **fields}
    return await asyncio.to_thread(requests.post, webui.url + TXT2IMG, json=body, timeout=30)


def test_the_loop_goes_on_while_something_is_awaited() -> None:
    """A request that is waited for can come from the same loop."""

    async def main() -> None:
        async with AsyncFakeWebUI(seed=1) as webui:
            waiting = asyncio.create_task(webui.wait("txt2img", timeout_s=20))
            await webui.fault("status", "txt2img", status=503)
            assert (await generate(webui)).status_code == 503
            (entry,) = await waiting
            assert entry["path"] == TXT2IMG
            assert await webui.last("txt2img") == SMALL
            assert (await webui.settings(step_seconds=0.01))["step_seconds"] == 0.01
            scope = await webui.scope("other")
            assert await scope.requests() == []
            pid = (await webui.health())["pid"]
        assert pid
        with pytest.raises(requests.ConnectionError):
            requests.get(webui.url, timeout=60)

    asyncio.run(main())


def test_a_hold_is_awaited_or_a_block(fake: FakeWebUI) -> None:
    """Leaving the block lets the generation go."""

    async def main() -> None:
        webui = await AsyncFakeWebUI.at(fake.url)
        async with webui.hold("txt2img", at_step=5) as held:
            task = asyncio.create_task(generate(webui))
            assert (await held.wait())["stage"] == "holding"
        assert (await task).ok
        held = await webui.hold("txt2img", at_step=5)
        task = asyncio.create_task(generate(webui))
        await held.wait()
        await held.release()
        assert (await task).ok

    asyncio.run(main())


def test_a_test_is_a_block(fake: FakeWebUI) -> None:
    """Strict, and told when it fails."""

    async def slip() -> None:
        async with AsyncFakeWebUI.of(fake).test("slip") as webui:
            await generate(webui, negativ_prompt="x")

    async def fail() -> None:
        async with AsyncFakeWebUI.of(fake).test("fail") as webui:
            await generate(webui)
            raise AssertionError

    with pytest.raises(StrictError, match="negative_prompt"):
        asyncio.run(slip())
    with pytest.raises(AssertionError) as caught:
        asyncio.run(fail())
    assert "POST /sdapi/v1/txt2img  1      200" in "".join(caught.value.__notes__)


def test_what_nobody_awaits_any_more_holds_nobody_up(fake: FakeWebUI) -> None:
    """A wait that was given up does not keep the loop from its end."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(AsyncFakeWebUI.of(fake).wait("nobody", timeout_s=30), 0.1)

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 20
    fake.reset()


@pytest.mark.parametrize("call", ["count", "requests", "reset"])
def test_what_would_hold_the_loop_is_an_error(fake: FakeWebUI, call: str) -> None:
    """It says what to do instead; in another thread it does no harm."""

    async def main() -> None:
        with pytest.raises(EventLoopError, match="AsyncFakeWebUI"):
            getattr(fake, call)()
        await asyncio.to_thread(getattr(fake, call))

    asyncio.run(main())


def test_a_notebook_may_hold_its_loop(fake: FakeWebUI) -> None:
    """Its cells run inside of one, which waits for each of them anyway."""
    cell = f"""
import asyncio, sys, types
from fake_webui import FakeWebUI

async def run_cell():
    return FakeWebUI.at({fake.url!r}).count()

sys.modules["ipykernel"] = types.ModuleType("ipykernel")
print(asyncio.run(run_cell()))
"""
    words = [sys.executable, "-c", cell]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_start_would_hold_the_loop_too() -> None:
    """Nothing is started."""

    async def main() -> None:
        webui = FakeWebUI()
        with pytest.raises(EventLoopError):
            webui.start()
        assert webui.exit_status is None

    asyncio.run(main())


def test_it_has_the_methods_of_the_other() -> None:
    """All of them, and those that wait for an answer are awaited."""
    public = {name for name in dir(FakeWebUI) if not name.startswith("_")}
    assert public <= set(dir(AsyncFakeWebUI))
    at_once = {"url", "exit_status", "errors", "of", "hold", "test"}
    awaited = public - at_once
    assert all(inspect.iscoroutinefunction(getattr(AsyncFakeWebUI, name)) for name in awaited)
