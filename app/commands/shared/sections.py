"""Help in sections: a command has many settings, and nobody reads forty lines in a row."""

from typing import Any

import click

OPTIONS = "Options"


class SectionedOption(click.Option):
    """An option that stands in a section of its own in the help.

    Args:
        words: what click.Option takes.
        section: the section's title.
    """

    def __init__(self, *words: Any, section: str = OPTIONS, **details: Any) -> None:
        super().__init__(*words, **details)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help has its options by section, those without one first."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section with the options that belong to it."""
        sections: dict[str, list[tuple[str, str]]] = {OPTIONS: []}
        options = (one for one in self.get_params(ctx) if isinstance(one, click.Option))
        for parameter in options:
            if (told := parameter.get_help_record(ctx)) is not None:
                title = getattr(parameter, "section", OPTIONS)
                sections.setdefault(title, []).append(told)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
