"""Twenty thousand pictures over the page's interface."""

import pytest

from tests.gui.conftest import OpenPage, PageClient
from tests.gui.long_history import RARE_EVERY, fill_history

ROWS = 20_000


@pytest.fixture
def long_page(open_page: OpenPage) -> PageClient:
    """A page on a home with a long history."""
    page = open_page(runs_jobs=False)
    fill_history(page.application, ROWS)
    return page


def test_every_page_of_a_long_history_is_reached(long_page: PageClient) -> None:
    """From the first to the last, each row once, newest first."""
    seen: list[str] = []
    cursor = None
    while True:
        page = long_page.get("/history", limit=500, cursor=cursor)
        seen += [job["id"] for job in page["jobs"]]
        if (cursor := page["cursor"]) is None:
            break
    assert len(seen) == ROWS
    assert seen == sorted(set(seen), reverse=True)


def test_a_search_finds_the_few_among_the_many(long_page: PageClient) -> None:
    """With how many there are, and a picture that can be loaded for each."""
    found = long_page.get("/history", query="rare", total=True)
    assert found["total"] == len(found["jobs"]) == ROWS // RARE_EVERY
    for job in found["jobs"][:3]:
        answer = long_page.session.get(long_page.url + job["images"][0]["thumb_url"], timeout=30)
        assert answer.headers["Content-Type"] == "image/webp"
