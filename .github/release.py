"""Build both distributions as they are uploaded, and check them: all of a release but the upload.

    python .github/release.py --out dist --tag v0.2.0 --repository https://example.org/me/fake-webui

The same sources give the same bytes: the time in the archives is the day of the release. An index
shows the first page without the files beside it, so its links lead to the repository.
"""

import argparse
import datetime as dt
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("fake_webui", "app", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
VERSIONS = ("fake_webui/version.py", "app/__init__.py")
FOLDERS = (".", "app")
FRONT_PAGES = ("README.md", "app/docs/README.md")
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
SECTION = re.compile(r"^## \[(\d[^]]*)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
UNRELEASED = re.compile(r"^## \[Unreleased\]\n+(?!## )\S", re.MULTILINE)
LINK = re.compile(r"(!?)(\[[^]]*\])\((?!https?://|#)([^)]+)\)")


def read(path: str) -> str:
    """Return the text of a file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


def version_and_day(tag: str | None) -> tuple[str, dt.date]:
    """Return the version of both packages, and the day that the changelog gives it.

    Raises:
        SystemExit: if versions, changelog and tag do not say the same.
    """
    versions = {path: match[1] for path in VERSIONS if (match := VERSION.search(read(path)))}
    changelog = read("CHANGELOG.md")
    newest = SECTION.search(changelog)
    if newest is None or set(versions.values()) != {newest[1]}:
        found = f"{newest[1]!r}" if newest else "nothing"
        sys.exit(f"CHANGELOG.md says {found}, and the versions are {versions}: make them the same")
    if tag not in {None, f"v{newest[1]}"}:
        sys.exit(f"the tag is {tag!r}, and the version {newest[1]!r}: the tag must be v{newest[1]}")
    if tag and UNRELEASED.search(changelog):
        sys.exit("CHANGELOG.md has lines under Unreleased: they belong to the version")
    return newest[1], dt.date.fromisoformat(newest[2])


def lead_to(repository: str, version: str, page: str, text: str) -> str:
    """Return the text of a page whose relative links lead to the repository, at this version."""

    def absolute(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link[3]))
        kind = "raw" if link[1] else "blob"
        return f"{link[1]}{link[2]}({repository}/{kind}/v{version}/{path})"

    return LINK.sub(absolute, text)


def copy_sources(folder: Path) -> None:
    """Copy into a folder what is built."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)


def name_repository(folder: Path, repository: str, version: str) -> None:
    """Let what an index shows of the copied sources lead to their repository."""
    for page in FRONT_PAGES:
        text = (folder / page).read_text(encoding="utf-8")
        (folder / page).write_text(lead_to(repository, version, page, text), encoding="utf-8")
    urls = f'Source = "{repository}"\nChangelog = "{repository}/blob/v{version}/CHANGELOG.md"\n'
    for project in FOLDERS:
        with (folder / project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[project.urls]\n{urls}")


def run(*words: str | Path, **environment: str) -> None:
    """Run a module of this Python; a failure is the end."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=os.environ | environment, check=False)  # noqa: S603 - our own
    if done.returncode:
        sys.exit(f"{words[0]} ended with {done.returncode}")


def build(out: Path, tag: str | None, repository: str | None) -> None:
    """Build both into a folder, and check what is there."""
    version, day = version_and_day(tag)
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    with tempfile.TemporaryDirectory() as name:
        copy_sources(Path(name))
        if repository:
            name_repository(Path(name), repository, version)
        for folder in FOLDERS:
            source, epoch = Path(name, folder), f"{noon.timestamp():.0f}"
            run("build", "--outdir", out, source, SOURCE_DATE_EPOCH=epoch)
    built = sorted(out.iterdir())
    run("twine", "check", "--strict", *built)
    run("check_wheel_contents", *(path for path in built if path.suffix == ".whl"))


def arguments() -> argparse.Namespace:
    """Return what the command line says; the rest comes from CI's environment."""
    server, name = (os.environ.get(key) for key in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("dist"), help="an empty folder")
    parser.add_argument("--tag", help="the tag that is released; the versions must be the same")
    parser.add_argument("--repository", default=f"{server}/{name}" if name else None)
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    build(asked.out.resolve(), asked.tag, asked.repository)
