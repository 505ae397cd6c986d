"""A group of commands with one that is meant when none is named."""

import difflib
from typing import Any

import click

from app.commands.shared.sections import SectionedCommand


class DefaultGroup(click.Group):
    """`history --json` is `history list --json`; a mistyped name is told the nearest one.

    Args:
        default: the name of the command that is meant.
        words: what click.Group takes.
    """

    command_class = SectionedCommand

    def __init__(self, *words: Any, default: str = "list", **options: Any) -> None:
        super().__init__(*words, **options)
        self.default = default

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; it takes `--webui` like every other, if only to do nothing with it."""
        if not any("--webui" in parameter.opts for parameter in cmd.params):
            cmd.params.append(_unused_webui())
        super().add_command(cmd, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name in front where no command is named."""
        helps = ctx.help_option_names
        unnamed = not args or (args[0].startswith("-") and args[0] not in helps)
        if unnamed and not ctx.resilient_parsing:  # completion is still asking for the name
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named by the first word."""
        if args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(self.commands)}."
            ctx.fail(f"No such command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


def _unused_webui() -> click.Option:
    return click.Option(["--webui"], multiple=True, expose_value=False, hidden=True)
