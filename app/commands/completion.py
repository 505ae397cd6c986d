"""`python -m app completion`: the script that teaches a shell the commands and options."""

import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from app.commands import COMPLETE_VARIABLE

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--name", default="app", show_default=True, help="The shell function to define.")
def completion(shell: str, name: str) -> None:
    """Print the shell's completion script.

    It defines a function that runs the app from this checkout, and completes its words:

    \b
    eval "$(python -m app completion bash)"
    app history list --status failed
    """  # noqa: D301 - click looks for the character itself
    click.echo(_function(shell, name))
    click.echo(_script(shell, name))


def _command() -> str:
    checkout = Path(__file__).parents[2]
    return f"env PYTHONPATH={shlex.quote(str(checkout))} {shlex.quote(sys.executable)} -m app"


def _function(shell: str, name: str) -> str:
    if shell == "fish":
        return f"function {name}; {_command()} $argv; end"
    return f'{name}() {{ {_command()} "$@"; }}'


def _script(shell: str, name: str) -> str:
    """Return click's script, calling the app where it would call a program on the path."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all of SHELLS
    root = click.get_current_context().find_root().command
    completer: ShellComplete = kind(root, {}, name, COMPLETE_VARIABLE)
    script = completer.source_template % completer.source_vars()
    calls = {
        "bash": ("bash_complete $1", f"bash_complete {_command()}"),
        "zsh": (f"zsh_complete {name}", f"zsh_complete {_command()}"),
        "fish": (f"(commandline -t) {name})", f"(commandline -t) {_command()})"),
    }
    return script.replace(*calls[shell])
