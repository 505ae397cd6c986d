"""Who may ask the page, and what of the machine it shows: nothing but its own."""

import json
import shutil

import pytest
import requests

from app.gui.safety import Access, hash_of
from tests.gui.conftest import OpenPage, PageClient

TOKEN = "a token of the test's own"  # noqa: S105 - it is
REMOTE = Access(token_sha256=hash_of(TOKEN), names=["studio.example"])


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "localhost.evil.example"])
def test_a_name_that_points_here_is_refused(page: PageClient, host: str) -> None:
    """What somebody's DNS calls this machine is not its name."""
    answer = page.call("GET", "/state", headers={"Host": host})
    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_loopback_has_its_names(page: PageClient, host: str) -> None:
    """Each of them is answered, with whatever port."""
    assert page.call("GET", "/state", headers={"Host": f"{host}:7870"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_sites_page_is_refused(page: PageClient, origin: str) -> None:
    """It can neither order nor ask."""
    for method, path in [("POST", "/queue/pause"), ("GET", "/state")]:
        answer = page.call(method, path, json={}, headers={"Origin": origin})
        assert answer.status_code == 403
    assert not page.get("/queue")["paused"]


def test_a_form_of_another_site_is_refused(page: PageClient) -> None:
    """What a browser sends without asking first is not JSON."""
    answer = page.call("POST", "/queue/pause", data={"reason": "x"})
    assert answer.status_code == 415


def test_the_policy_lets_nothing_in_but_its_own(page: PageClient) -> None:
    """Every answer says it: page, interface and errors."""
    for url in (page.url, f"{page.url}/api/v1/state", f"{page.url}/nothing"):
        headers = requests.get(url, timeout=60).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_elsewhere_a_token_is_needed(open_page: OpenPage) -> None:
    """Without it nothing is told, with it in a header everything is."""
    page = open_page(REMOTE)
    assert page.refused("GET", "/state", 401)["place"] == "token"
    for wrong in ("wrong", hash_of(TOKEN)):
        answer = page.call("GET", "/state", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
    answer = page.call("GET", "/state", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200


def test_a_visit_without_the_token_is_asked_for_it(open_page: OpenPage) -> None:
    """A browser gets a form, and nothing else."""
    page = open_page(REMOTE)
    answer = page.session.get(f"{page.url}/", timeout=60)
    assert answer.status_code == 401
    assert 'name="token"' in answer.text
    assert page.session.get(f"{page.url}/static/main.js", timeout=60).status_code == 401


def test_a_first_visit_leaves_a_cookie_that_scripts_cant_read(open_page: OpenPage) -> None:
    """From then on the browser is known, and the token is not in the address any more."""
    page = open_page(REMOTE)
    answer = page.session.get(f"{page.url}/", params={"token": TOKEN}, timeout=60)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in answer.text
    assert page.get("/state")["version"]


def test_a_page_elsewhere_has_the_names_that_were_given(open_page: OpenPage) -> None:
    """A name that was allowed is answered, another is not."""
    page = open_page(REMOTE)
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    for host, status in [("studio.example", 200), ("evil.example", 403), ("192.0.2.7", 200)]:
        answer = page.call("GET", "/state", headers={**allowed, "Host": host})
        assert answer.status_code == status


def test_folders_do_not_open_from_elsewhere(open_page: OpenPage) -> None:
    """A page that others can reach starts no program."""
    page = open_page(REMOTE)
    page.session.headers["Authorization"] = f"Bearer {TOKEN}"
    job = page.run()
    page.refused("POST", f"/history/{job['id']}/open-folder", 403)


@pytest.mark.parametrize(
    "name",
    ["..%2f..%2fjobs.db", "../jobs.db", "0123456789abcdef-0", "x", "%00", "jobs.db", "-1", "a-1-1"],
)
def test_no_name_leads_out_of_the_pictures(page: PageClient, name: str) -> None:
    """A picture is asked for by its name, and a path is not one."""
    page.run()
    for kind in ("images", "thumbs", "previews"):
        answer = page.session.get(f"{page.url}/api/v1/{kind}/{name}", timeout=60)
        assert answer.status_code in {204, 404}
        assert b"SQLite" not in answer.content


@pytest.mark.parametrize(
    "path", ["jobs.db", "../outside.png", "images/../jobs.db", "images/link.png"]
)
def test_a_record_that_leads_elsewhere_shows_nothing(page: PageClient, path: str) -> None:
    """Even where somebody changed the store, only what is in the image location is sent."""
    job = page.run()
    home = page.application.home
    shutil.copy(home / job["images"][0]["file"], home.parent / "outside.png")
    (home / "images" / "link.png").symlink_to(home.parent / "outside.png")
    meta = json.dumps({"images": [{**job["images"][0], "path": path, "sha256": "0" * 64}]})
    page.application.store.change(
        lambda connection: connection.execute(
            "UPDATE jobs SET meta = ? WHERE job_id = ?", [meta, job["id"]]
        )
    )
    for kind in ("images", "thumbs"):
        assert page.call("GET", f"/{kind}/{job['id']}-0").status_code == 404


@pytest.mark.parametrize("path", ["/static/../factory.py", "/static/%2e%2e/factory.py"])
def test_no_file_beside_the_pages_own_is_served(page: PageClient, path: str) -> None:
    """The folder of the page's files is the only one."""
    assert requests.get(page.url + path, timeout=60).status_code == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(page: PageClient, body: bytes) -> None:
    """With one sentence, whatever it is."""
    headers = {"Content-Type": "application/json"}
    answer = page.call("POST", "/jobs", data=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("the body is")


def test_an_upload_has_its_limit(page: PageClient) -> None:
    """What is larger than any picture is not read."""
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "70000000"}
    answer = page.call("POST", "/import", data=iter([b"x"]), headers=headers)
    assert answer.status_code == 413
