"""How the page does against its budgets; printed, judged by whoever reads it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from app.bootstrap import Application, build_app
from app.gui.factory import Page
from app.gui.server import GuiServer
from tests.bench.measuring import interleaved, percentile, report
from tests.gui.long_history import fill_history

pytestmark = pytest.mark.slow

ROWS = 20_000
SHOWN = 60
VIEWS = {
    "first view of a gallery of 20,000, p50": {"limit": SHOWN, "total": "true"},
    "a search with 20 hits in 20,000, p50": {"query": "rare", "limit": SHOWN, "total": "true"},
}


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """The app on a home with a long history of pictures of the usual size."""
    built = build_app(home=tmp_path / "home", webui_url="http://127.0.0.1:9")
    fill_history(built, ROWS, (832, 1216))
    yield built
    built.close()


@pytest.mark.parametrize("what", VIEWS)
def test_a_view(what: str, application: Application, tmp_path: Path) -> None:
    """The list and its thumbnails, and the same bytes as files of the same server."""
    folder = tmp_path / "static"
    folder.mkdir()
    static = GuiServer(Flask("floor", static_folder=str(folder)), "127.0.0.1", 0)
    static.start()
    with Page(application, runs_jobs=False) as page, requests.Session() as session:
        urls = view_of(session, page.url, VIEWS[what])
        names = [f"{static.url}static/{number}" for number in range(len(urls))]
        for number, url in enumerate(urls):
            (folder / str(number)).write_bytes(session.get(url, timeout=60).content)
        view, floor = interleaved(30, loading(session, urls), loading(session, names))
    static.stop()
    report(what, percentile(view, 50), percentile(floor, 50), 2)


def view_of(session: requests.Session, url: str, question: dict[str, object]) -> list[str]:
    """Return the addresses that a view loads: the list, and the thumbnails in it."""
    listed = session.get(f"{url}api/v1/history", params=question, timeout=60)  # type: ignore[arg-type]
    found = listed.json()["jobs"]
    return [listed.url, *(url + job["images"][0]["thumb_url"].lstrip("/") for job in found)]


def loading(session: requests.Session, urls: list[str]) -> Callable[[], None]:
    """Return what loads all of these on one connection."""

    def load() -> None:
        for url in urls:
            assert session.get(url, timeout=60).ok

    return load
