"""Bad input: one clear sentence, the right exit status, and nothing half-written."""

import json
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from app.store.sqlite_store import SqliteStore
from tests.app.conftest import CommandLine
from tests.support import Completed

SAID = [
    (["run"], "Say what to make"),
    (["run", "--prompt", "x", "--pack", "y.txt"], "not both"),
    (["run", "--prompt", "x", "--width", "20000"], "txt2img.width"),
    (["run", "--prompt", "x", "--width", "1001"], "1001"),
    (["run", "--prompt", "x", "--steps", "0"], "txt2img.steps"),
    (["run", "--prompt", "x", "--steps", "many"], "not a valid integer"),
    (["run", "--prompt", "x", "--upscale", "0.5"], "upscale.resize"),
    (["run", "--prompt", "x", "--set", "nonsense"], "KEY=VALUE"),
    (["run", "--prompt", "x", "--set", "txt2img.stepz=5"], "txt2img.stepz"),
    (["run", "--prompt", "x", "--preset", "nope"], "nope"),
    (["run", "--prompt", "x", "--webui", "localhost:7860"], "is not a WebUI URL"),
    (["run", "--pack", "missing.txt"], "missing.txt"),
    (["queue", "add", "--pack", "{packs}/empty.txt"], "empty.txt"),
    (["queue", "add", "--pack", "{packs}/token.txt"], "job"),
    (["queue", "add", "--pack", "{packs}/broken.json"], "broken.json"),
    (["queue", "add", "--prompt", "x", "--height", "63"], "txt2img.height"),
    (["queue", "ad", "--prompt", "x"], "did you mean add?"),
    (["queue", "cancel"], "Say which"),
    (["queue", "cancel", "nope"], "there is no job nope"),
    (["queue", "cancel", "--all", "--bogus"], "No such option"),
    (["queue", "move", "nope", "1"], "there is no job nope"),
    (["queue", "move", "nope", "0"], "0 is not in the range"),
    (["queue", "move", "nope", "9" * 20], "is not in the range"),
    (["queue", "list", "--limit", "9" * 20], "is not in the range"),
    (["history", "list", "--limit", "9" * 20], "is not in the range"),
    (["history", "search", "boat", "--limit", "9" * 20], "is not in the range"),
    (["history", "prune", "--keep", "9" * 20, "--dry-run"], "is not in the range"),
    (["packs", "show", "{packs}/token.txt", "--limit", "9" * 20], "is not in the range"),
    (["queue", "retry", "nope"], "there is no job nope"),
    (["queue", "retry"], "Say which"),
    (["queue", "edit", "nope"], "Say what to change"),
    (["queue", "edit", "nope", "--steps", "3"], "there is no job nope"),
    (["queue", "edit", "--status", "failed", "--steps", "999"], "txt2img.steps"),
    (["queue", "skip", "nope"], "there is no job nope"),
    (["history", "show", "nope"], "there is no job nope"),
    (["history", "replay", "nope"], "there is no job nope"),
    (["history", "favourite", "nope"], "there is no job nope"),
    (["history", "list", "--before", "nope"], "there is no job nope"),
    (["history", "list", "--status", "queued"], "'queued' is not one of"),
    (["history", "list", "--since", "yesterdayish"], "'yesterdayish' is not a time"),
    (["history", "list", "--limit", "0"], "0 is not in the range"),
    (["history", "search"], "Missing argument"),
    (["history", "import", "missing.png"], "no such file"),
    (["history", "import", "{packs}/empty.txt"], "not an image"),
    (["history", "import", "{packs}/bare.png"], "no generation parameters"),
    (["history", "export", "--out", "{packs}/empty.txt/export.csv"], "can't write"),
    (["history", "prune"], "Say what to remove"),
    (["work", "--home", "{packs}/empty.txt"], "home"),
    (["queue", "list", "--home", "{packs}/empty.txt/below"], "can't make the home folder"),
    (["history", "--home", "{packs}/newer"], "newer"),
    (["history", "--home", "{packs}/no-database"], "jobs.db"),
    (["presets", "show", "nope"], "there is no preset 'nope'"),
    (["presets", "save", "small", "--width", "7"], "txt2img.width"),
    (["packs", "show", "nope"], "there is no such pack"),
    (["completion", "tcsh"], "'tcsh' is not one of"),
    (["nope"], "No such command"),
]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder of things that can't be used."""
    (tmp_path / "empty.txt").write_text("# nothing but a comment\n\n")
    (tmp_path / "token.txt").write_text("portrait of a [[job]]\n")
    (tmp_path / "broken.json").write_text('{"pack_data": ')
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "bare.png")
    (tmp_path / "newer").mkdir()
    with sqlite3.connect(tmp_path / "newer" / "jobs.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    (tmp_path / "no-database").mkdir()
    (tmp_path / "no-database" / "jobs.db").write_text("this is not a database, but a text\n" * 40)
    return tmp_path


def assert_one_sentence(done: Completed, status: int, said: str) -> None:
    """Fail unless the command ended with `status` and one error that has `said` in it."""
    assert done.returncode == status, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error: ") == 1
    assert done.stdout == ""


def jobs_in(home: Path) -> int:
    """Count the jobs in a home, of whatever state."""
    if not (home / "jobs.db").exists():
        return 0
    store = SqliteStore(home / "jobs.db")
    try:
        return int(store.rows("SELECT count(*) FROM jobs")[0][0])
    finally:
        store.close()


@pytest.mark.parametrize(("words", "said"), SAID, ids=[" ".join(words) for words, _ in SAID])
def test_bad_input_is_one_sentence(
    app_cli: CommandLine, packs: Path, home: Path, words: list[str], said: str
) -> None:
    """Each gets status 2 and a sentence that names the culprit; no job and no image comes of it."""
    done = app_cli(*(word.format(packs=packs) for word in words))
    assert_one_sentence(done, 2, said)
    assert not (home / "images").exists()
    assert jobs_in(home) == 0


@pytest.mark.parametrize("command", [["run", "--prompt", "x"], ["work"], ["doctor"]])
def test_a_webui_that_is_not_there_is_status_3(app_cli: CommandLine, command: list[str]) -> None:
    """The sentence names the URL, and no job is left behind by the attempt."""
    url = "http://127.0.0.1:9"
    app_cli("queue", "add", "--prompt", "x") if command == ["work"] else None
    done = app_cli(*command, "--webui", url)
    assert done.returncode == 3
    assert url in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert json.loads(app_cli("history", "--json").stdout) == []


class _Page(BaseHTTPRequestHandler):
    """A web server that is not a WebUI."""

    def do_GET(self) -> None:
        """Answer every question with a page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>Welcome to my router</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    """The URL of a web server that is not a WebUI."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("command", [["run", "--prompt", "x"], ["work"]])
def test_an_answer_that_is_not_json_is_said(
    app_cli: CommandLine, page: str, command: list[str]
) -> None:
    """What listens there is shown by how its answer begins; no job is left behind."""
    app_cli("queue", "add", "--prompt", "x") if command == ["work"] else None
    done = app_cli(*command, "--webui", page)
    assert_one_sentence(done, 2, "is not JSON; it begins with 'Welcome")
    assert json.loads(app_cli("history", "--json").stdout) == []
