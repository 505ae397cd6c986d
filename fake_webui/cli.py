"""The command line: `fake-webui [serve]` and what goes with it."""

import sys
from pathlib import Path
from typing import Any

import click

from fake_webui import __version__
from fake_webui.config import DEFAULT_PORT, ServerConfig
from fake_webui.errors import ConfigError


class DefaultGroup(click.Group):
    """A group of commands where `serve` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front of arguments that name no command."""
        own = {"--help", "--version"}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultGroup)
@click.version_option(__version__, prog_name="fake-webui")
def main() -> None:
    """A fake AUTOMATIC1111 WebUI for testing its clients."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Port; 0 takes a free one.")
@click.option("--seed", type=int, help="Seeds everything that is drawn at random.")
@click.option("--allow-remote", is_flag=True, help="Permit an address other than loopback.")
@click.option("--ready-file", type=click.Path(path_type=Path), help="Written when listening.")
@click.option("--exit-on-stdin-eof", is_flag=True, help="Stop when standard input ends.")
def serve(ready_file: Path | None, *, exit_on_stdin_eof: bool, **settings: Any) -> None:
    """Run a server until Ctrl-C."""
    from fake_webui import server  # noqa: PLC0415 - other commands start without flask

    try:
        server.serve(
            ServerConfig(**settings), ready_file=ready_file, exit_on_stdin_eof=exit_on_stdin_eof
        )
    except ConfigError as error:
        print(f"fake-webui: {error}", file=sys.stderr)
        raise SystemExit(2) from None
