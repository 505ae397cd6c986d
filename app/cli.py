"""The command line: what commands there are, and how an error becomes a sentence and a status.

A command's module is imported when it is called, so that help and completion come at once.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO, TextIOWrapper

import click
from click.shell_completion import CompletionItem

from app import __version__
from app.cleaning import clean, is_utf8, readable
from app.commands import COMPLETE_VARIABLE, PROGRAM
from app.errors import AppError, BadInputError, in_words

COMMANDS = {
    "run": "Make images from a prompt or a prompt pack, and wait for them.",
    "queue": "Look at the queue and change it.",
    "work": "Run what is queued, with progress bars, until nothing more can run; --stay waits.",
    "history": "Look through past jobs, and make them again.",
    "gui": "Open the page: run, queue, gallery and packs in the browser.",
    "workers": "See who works on the queue, where, on what, and why a WebUI takes no jobs.",
    "packs": "Look at prompt packs and what they would send.",
    "presets": "Keep settings under a name; `--preset NAME` uses them.",
    "doctor": "Check the home and the WebUI: is it up, with --api, with these models?",
    "store": "Take the jobs and the history from one store to another.",
    "completion": "Print the shell's completion script.",
}
INTERRUPTED = 130  # what a shell expects after Ctrl-C


class LazyGroup(click.Group):
    """A group whose commands are functions of the same name in `app.commands.NAME`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the daily loop, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"app.commands.{cmd_name}"), cmd_name)
        return _called(command, ctx.find_root().info_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first word without importing any command."""
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        items = [CompletionItem(name, help=COMMANDS[name]) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Queue and run jobs on a Stable Diffusion WebUI; nothing is lost, nothing runs twice.

    \b
    python -m app run --prompt "a castle by the sea" --upscale 2
    python -m app queue add --pack castles.txt
    python -m app work
    python -m app history

    Exit status: 0 all succeeded, 1 a job failed, 2 bad input, 3 the WebUI can't be reached.
    """  # noqa: D301 - click looks for the character itself


def main(words: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run one command line and return its exit status; errors are one sentence on stderr."""
    _accept_any_letter()
    try:
        _refuse_other_encodings(sys.argv[1:] if words is None else words)
        group = _called(cli, program)
        status = group.main(words, program, COMPLETE_VARIABLE, standalone_mode=False)
        return int(status or 0)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _show(error)
    except AppError as error:
        return _fail(str(error), error.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(in_words(error), 2)


def _called(command: click.Command, program: str | None) -> click.Command:
    """Return the command; the examples in its help name the program that was called."""
    for one in (command, *getattr(command, "commands", {}).values()):
        one.help = (one.help or "").replace(PROGRAM, program or PROGRAM)
    return command


def _accept_any_letter() -> None:
    """Print what a narrow code page lacks as "?", which is not a reason to stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _refuse_other_encodings(words: Sequence[str]) -> None:
    for word in words:
        if not is_utf8(word):
            raise BadInputError(f"a word of the command line is not UTF-8: {readable(word)}")


def _show(error: click.ClickException) -> int:
    """Print click's own error, which may quote what was given."""
    said = StringIO()
    error.show(said)
    click.echo(clean(said.getvalue()), err=True, nl=False)
    return error.exit_code


def _fail(sentence: str, status: int) -> int:
    colours = False if os.environ.get("NO_COLOR") else None  # None: on a terminal
    click.secho(f"Error: {clean(sentence)}", fg="red", err=True, color=colours)
    return status
