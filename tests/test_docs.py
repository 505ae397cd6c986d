"""The pages of the documentation fail here when they lie: every piece of their code is run.

A piece that has a file name behind its language is that file. Commands are run in a folder that
holds the files of their section and of the beginning of the page, and so is code without a name.
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

from tests.support import ROOT

FOLDERS = (ROOT / "fake_webui" / "docs", ROOT / "app" / "docs")
README = ROOT / "README.md"
FENCED = re.compile(r"^```(\w+)(?: +([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS, NOT_RUN = "needs:", "not-run"
RUN = ("sh", "python")
RUN_S = 120


@dataclass(frozen=True)
class Piece:
    """Code on a page: its language, the words behind that, and the code itself."""

    language: str
    words: tuple[str, ...]
    code: str

    @property
    def file(self) -> str | None:
        """The name of the file that it is."""
        names = [word for word in self.words if not word.startswith(NEEDS) and word != NOT_RUN]
        return names[0] if names else None

    @property
    def needs(self) -> list[str]:
        """The programs that it needs."""
        return [word.removeprefix(NEEDS) for word in self.words if word.startswith(NEEDS)]


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
                (folder / piece.file).write_text(piece.code, encoding="utf-8")


def pieces(text: str) -> list[Piece]:
    """Return the fenced code of a text."""
    return [Piece(kind, tuple(rest.split()), code) for kind, rest, code in FENCED.findall(text)]


def sections() -> Iterator[Section]:
    """Yield the parts of every page that have code in them."""
    for page in (page for folder in FOLDERS for page in sorted(folder.rglob("*.md"))):
        first, *others = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        shared = pieces(first)
        yield Section(page.stem, shared, [])
        for text in others:
            yield Section(f"{page.stem}: {text.partition(chr(10))[0]}", pieces(text), shared)


EVERY = list(sections())


def of_a_session(section: Section) -> tuple[pytest.MarkDecorator, ...]:
    """Return the marks of a section that is for another session."""
    return (pytest.mark.slow, pytest.mark.clients) if "node" in section.needs else ()


@pytest.mark.parametrize(
    "section",
    [pytest.param(one, marks=of_a_session(one), id=one.name) for one in EVERY if one.to_run],
)
def test_what_a_page_says_can_be_run(section: Section, tmp_path: Path) -> None:
    """Every command and every piece of Python ends well."""
    if "chromium" in section.needs and not shutil.which("chromium"):
        pytest.skip("there is no Chromium on this machine")
    section.write(tmp_path)
    for piece in section.to_run:
        words = ["sh", "-ec"] if piece.language == "sh" else [sys.executable, "-c"]
        done = subprocess.run(
            [*words, piece.code], cwd=tmp_path, env=environment(), timeout=RUN_S, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{piece.code}\n{done.stdout}{done.stderr}"


def environment() -> dict[str, str]:
    """Return an environment in which the commands of this one come first, and no test runs."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | {"PATH": path}


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
        words, cwd=tmp_path, env=environment(), timeout=RUN_S, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("section", [pytest.param(one, id=one.name) for one in EVERY])
def test_code_is_a_file_or_is_run(section: Section) -> None:
    """A program in a language that is not run by itself has a file name."""
    for piece in section.pieces:
        assert piece.language not in ("js", "html") or piece.file, piece.code
