"""The command line's frame: help, lazy loading, completion, colours."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.cli import COMMANDS, cli
from tests.app.conftest import CommandLine
from tests.support import ROOT, run_module, webui_jobs

HEAVY = ("pydantic", "rich", "requests", "sqlite3")


def test_help_names_every_command() -> None:
    """Help lists the commands, and each with the first line of its own help."""
    text = " ".join(run_module("app", "--help").stdout.split())
    for name, said in COMMANDS.items():
        assert f"{name} {said}" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_what_the_list_says(name: str) -> None:
    """The list of commands can be printed without importing them, and still tells the truth."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help is not None
    assert command.help.splitlines()[0] == COMMANDS[name]


def test_examples_in_help_stand_on_lines_of_their_own() -> None:
    """What can be typed is not wrapped like prose."""
    lines = [line.strip() for line in run_module("app", "--help").stdout.splitlines()]
    assert "python -m app work" in lines


def every_command(group: click.Group = cli) -> Iterator[list[str]]:
    """Give the words of every command within `group`."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ([name, *words] for words in every_command(command))
        else:
            yield [name]


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_takes_home_and_webui(words: list[str], app_cli: CommandLine) -> None:
    """A script can give the same two options to whatever it calls."""
    if words != ["completion"]:
        told = app_cli(*words, "--home", "x", "--webui", "http://127.0.0.1:1", "--nonsense").stderr
        assert "'--nonsense'" in told


def test_help_imports_nothing_heavy() -> None:
    """Help comes at once, for no command is imported for it."""
    code = (
        "import sys; from app.cli import main; main(['--help'])\n"
        f"sys.exit(', '.join(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""


def complete(*words: str) -> list[str]:
    """Return what bash would suggest after these words, the last of them unfinished."""
    environment = {
        **os.environ,
        "_APP_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["app", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = run_module("app", env=environment)
    return [line.partition(",")[2] for line in done.stdout.split("\n") if line]


def test_words_are_completed() -> None:
    """Commands, their subcommands, options and choices are suggested."""
    assert complete("hi") == ["history"]
    assert complete("history", "rep") == ["replay"]
    assert "--width" in complete("run", "--wi")
    assert complete("history", "list", "--status", "fa") == ["failed"]


def test_names_in_the_home_are_completed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs, presets and jobs are suggested by name and id."""
    monkeypatch.setenv("APP_HOME", str(home))
    (home / "packs").mkdir(parents=True)
    (home / "packs" / "castles.txt").write_text("a castle\n")
    job_id = webui_jobs("queue", "add", "--pack", "castles").stdout.strip()
    webui_jobs("presets", "save", "night", "--steps", "3")
    assert "castles" in complete("run", "--pack", "ca")
    assert "samples/landscapes" in complete("run", "--pack", "samp")
    assert complete("run", "--preset", "n") == ["night"]
    assert complete("queue", "cancel", job_id[:3]) == [job_id]
    assert complete("history", "replay", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_calls_this_checkout(shell: str) -> None:
    """The script defines a function and asks this very Python for completions."""
    script = webui_jobs("completion", shell).stdout
    assert f"_APP_COMPLETE={shell}_complete" in script
    assert script.count(f"env PYTHONPATH={ROOT} {sys.executable} -m app") == 2


def test_the_completion_script_works_in_bash() -> None:
    """In a real bash, the words of a queue command are completed."""
    script = webui_jobs("completion", "bash").stdout
    asked = (
        script + "\nCOMP_WORDS=(app queue res); COMP_CWORD=2; _app_completion; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False)  # noqa: S607 - whichever bash there is
    assert done.stdout.split() == ["resume"]


def test_a_pipe_gets_no_colours(app_cli: CommandLine) -> None:
    """Output that goes to a file or a program is plain."""
    done = app_cli("doctor")
    assert "\x1b" not in done.stdout + done.stderr


def test_a_terminal_gets_colours(home: Path) -> None:
    """On a terminal an error is red."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "APP_HOME": str(home), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "app", "history", "show", "nope"]
    subprocess.run(command, cwd=ROOT, stderr=follower, env=environment, check=False)
    os.close(follower)
    assert b"\x1b[31mError: " in os.read(leader, 4096)
    os.close(leader)
