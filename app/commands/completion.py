"""`completion`: the script that teaches a shell the commands and options."""

import shlex
import sys
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from app.commands import COMPLETE_VARIABLE, PROGRAM
from app.commands.shared.output import say

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--name", help="The shell function to define; in a checkout, app if left.")
def completion(shell: str, name: str | None) -> None:
    """Print the shell's completion script.

    In a checkout it also defines a function that runs the app from there, so that there is a
    word to complete: `app history list --status failed`.

    \b
    eval "$(python -m app completion bash)"
    """  # noqa: D301 - click looks for the character itself
    program = click.get_current_context().find_root().info_name or PROGRAM
    in_checkout = program == PROGRAM
    call = _checkout_call() if in_checkout else program
    name = name or ("app" if in_checkout else program)
    if name != call:
        say(_function(shell, name, call))
    say(_script(shell, name, call))


def _checkout_call() -> str:
    checkout = Path(__file__).parents[2]
    return f"env PYTHONPATH={shlex.quote(str(checkout))} {shlex.quote(sys.executable)} -m app"


def _function(shell: str, name: str, call: str) -> str:
    if shell == "fish":
        return f"function {name}; {call} $argv; end"
    return f'{name}() {{ {call} "$@"; }}'


def _script(shell: str, name: str, call: str) -> str:
    """Return click's script, calling the app where it would call a program on the path."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has all of SHELLS
    root = click.get_current_context().find_root().command
    completer: ShellComplete = kind(root, {}, name, COMPLETE_VARIABLE)
    script = completer.source_template % completer.source_vars()
    calls = {
        "bash": ("bash_complete $1", f"bash_complete {call}"),
        "zsh": (f"zsh_complete {name}", f"zsh_complete {call}"),
        "fish": (f"(commandline -t) {name})", f"(commandline -t) {call})"),
    }
    return script.replace(*calls[shell])
