"""The pages of the documentation fail here when they lie: every piece of their code is run.

A piece that has a file name behind its language is that file. Commands are run in a folder that
holds the files of their section and of the beginning of the page, and so is code without a name;
a fake WebUI is at WEBUI_URL.
What `needs:` a program is run where that is, and what needs node in `nox -s clients`; commands
that are `not-run` are for the reader alone.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fake_webui import FakeWebUI
from tests.pages import FENCED, FOLDERS, NOT_RUN, PAGES, README, Piece, pieces
from tests.support import ROOT, control

RUN = ("sh", "python")
RUN_S = 120


@dataclass(frozen=True)
class Section:
    """A part of a page, with the files that stand before the first one."""

    name: str
    pieces: list[Piece]
    shared: list[Piece]

    @property
    def to_run(self) -> list[Piece]:
        """What is run of it, in its order."""
        return [
            one
            for one in self.pieces
            if one.language in RUN and not one.file and NOT_RUN not in one.words
        ]

    @property
    def needs(self) -> set[str]:
        """The programs that it needs."""
        return {program for one in self.to_run for program in one.needs}

    def write(self, folder: Path) -> None:
        """Write its files into a folder."""
        for piece in (*self.shared, *self.pieces):
            if piece.file:
                file = folder / piece.file
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(piece.code, encoding="utf-8")


def sections() -> Iterator[Section]:
    """Yield the parts of every page that have code in them."""
    for page in (page for folder in FOLDERS for page in sorted(folder.rglob("*.md"))):
        first, *others = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        name, shared = f"{page.parts[-3]}/{page.stem}", pieces(first)
        yield Section(name, shared, [])
        for text in others:
            yield Section(f"{name}: {text.partition(chr(10))[0]}", pieces(text), shared)


EVERY = list(sections())


def of_a_session(section: Section) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks that say which session runs a section."""
    return (
        (pytest.mark.slow, pytest.mark.clients) if "node" in section.needs else (pytest.mark.docs,)
    )


@pytest.mark.parametrize(
    "section",
    [pytest.param(one, marks=of_a_session(one), id=one.name) for one in EVERY if one.to_run],
)
def test_what_a_page_says_can_be_run(section: Section, fake: FakeWebUI, tmp_path: Path) -> None:
    """Every command and every piece of Python ends well."""
    if "chromium" in section.needs and not shutil.which("chromium"):
        pytest.skip("there is no Chromium on this machine")
    section.write(tmp_path)
    told = {"WEBUI_URL": fake.url, "APP_HOME": str(tmp_path / "home")}
    variables = environment(tmp_path) | told
    for piece in section.to_run:
        words = ["sh", "-ec"] if piece.language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*words, piece.code], cwd=tmp_path, env=variables, timeout=RUN_S, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{piece.code}\n{done.stdout}{done.stderr}"


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which the commands of this one come first, and no test runs.

    The app is installed nowhere in it, so its command is a script in a folder of its own.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    script = folder / ".bin" / "webui-jobs"
    script.parent.mkdir(exist_ok=True)
    run_app = f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m app "$@"'
    script.write_text(f"#!/bin/sh\n{run_app}\n", encoding="utf-8")
    script.chmod(0o755)
    first = [str(script.parent), str(Path(sys.executable).parent)]
    return kept | {"PATH": os.pathsep.join([*first, os.environ["PATH"]])}


@pytest.mark.slow
@pytest.mark.typed
@pytest.mark.parametrize("checker", [("mypy", "--strict"), ("pyright",)], ids=" ".join)
def test_the_examples_are_typed(checker: tuple[str, ...], tmp_path: Path) -> None:
    """Those of the pages and of the README, for strict type checkers, without an exception."""
    for section in EVERY:
        section.write(tmp_path)
    readme = [one for one in pieces(README.read_text("utf-8")) if one.language == "python"]
    for number, piece in enumerate(readme):
        (tmp_path / f"readme_{number}.py").write_text(piece.code, encoding="utf-8")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    words = [sys.executable, "-m", *checker, *sorted(path.name for path in tmp_path.glob("*.py"))]
    done = subprocess.run(
        words, cwd=tmp_path, env=environment(tmp_path), timeout=RUN_S, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def slug(heading: str) -> str:
    """Return the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    """To a file of the checkout, and to a heading of it."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\((?!https?://)([^)]+)\)", text):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_each_fault_has_its_card(fake: FakeWebUI) -> None:
    """It tells what a good client does, and the table leads to it."""
    text = (ROOT / "fake_webui" / "docs" / "faults.md").read_text(encoding="utf-8")
    table, *cards = re.split(r"^### ", text, flags=re.MULTILINE)
    actions = sorted(control(fake, "GET", "faults")["actions"])
    assert sorted(card.partition("\n")[0] for card in cards) == actions
    assert all("\n**A good client** " in card for card in cards)
    assert sorted(re.findall(r"^\| \[`([\w-]+)`\]\(#\1\)", table, re.MULTILINE)) == actions


def test_the_site_has_every_page() -> None:
    """Whoever writes a page gives it a place in the site."""
    site = (ROOT / ".github" / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        assert re.search(rf"[:-] {re.escape(str(page.relative_to(ROOT)))}$", site, re.MULTILINE)


@pytest.mark.parametrize("section", [pytest.param(one, id=one.name) for one in EVERY])
def test_code_is_a_file_or_is_run(section: Section) -> None:
    """A program in a language that is not run by itself has a file name."""
    for piece in section.pieces:
        assert piece.language not in ("js", "html") or piece.file, piece.code
