"""The README and the pages of the documentation, and the code and tables on them."""

import re
from dataclasses import dataclass

from tests.support import ROOT

FOLDERS = (ROOT / "fake_webui" / "docs", ROOT / "app" / "docs")
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / ".github").glob("*.md")),
    *(page for folder in FOLDERS for page in sorted(folder.rglob("*.md"))),
]
FENCED = re.compile(r"^```(\w+)(?: +([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS, NOT_RUN = "needs:", "not-run"


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


def pieces(text: str) -> list[Piece]:
    """Return the fenced code of a text."""
    return [Piece(kind, tuple(rest.split()), code) for kind, rest, code in FENCED.findall(text)]


def part(name: str) -> str:
    """Return the table or the code below the comment `name`, which stands on one page."""
    pattern = rf"^<!-- {re.escape(name)} -->\n(```.*?^```|(?:\|[^\n]*\n)+)"
    found = [
        match[1]
        for page in PAGES
        for match in re.finditer(pattern, page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    ]
    assert len(found) == 1, f"there are {len(found)} parts {name!r} on the pages"
    return found[0]


def code(name: str) -> str:
    """Return the lines of a part that is code, without its fences."""
    return "\n".join(part(name).splitlines()[1:-1])
