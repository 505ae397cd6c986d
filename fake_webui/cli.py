"""The command line: `fake-webui [serve]` and what goes with it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fake_webui.config.settings import (
    DEFAULT_PROFILE,
    FAULT_FORM,
    PROFILES,
    SETTINGS,
    ServerConfig,
    Setting,
)
from fake_webui.errors import FakeWebUIError
from fake_webui.version import __version__
from fake_webui.wording import did_you_mean, shown

Command = Callable[..., None]
FILE = click.Path(path_type=Path)
CONFIG = click.option("--config", type=FILE, help="TOML file of models, options and settings.")


def option(name: str, setting: Setting) -> Callable[[Command], Command]:
    """Return the option of the command line that a setting of the server is."""
    flag = setting.flag or f"--{name.replace('_', '-')}"
    if setting.kind is bool:
        return click.option(flag, name, is_flag=True, default=None, help=setting.help)
    many = setting.kind is list
    return click.option(
        flag,
        name,
        type=str if many else setting.kind,
        multiple=many,
        metavar=setting.metavar,
        help=setting.help,
    )


def server_options(*, for_itself: bool = False) -> Callable[[Command], Command]:
    """Let a command take what every server can be started with, or one `for_itself`."""
    shown = {
        name: one
        for name, one in SETTINGS.items()
        if one.help and (for_itself or not one.only_serve)
    }

    def decorate(command: Command) -> Command:
        for name, setting in reversed(shown.items()):
            command = option(name, setting)(command)
        return CONFIG(command)

    return decorate


class DefaultGroup(click.Group):
    """A group of commands where `serve` may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `serve` in front of options that are not the group's own."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "--version")):
            args = ["serve", *args]
        elif not args[0].startswith("-") and args[0] not in self.commands:
            there = ", ".join(self.commands)
            meant = did_you_mean(args[0], self.commands) or f"; there are {there}"
            ctx.fail(f"There is no command {shown(args[0])}{meant}")
        return super().parse_args(ctx, args)


class WithFaults(click.Command):
    """A command that takes --fault, whose grammar its help explains."""

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's own signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the grammar, and every action with what the client sees."""
        from fake_webui.faults.actions import ACTIONS  # noqa: PLC0415 - for who asks for help

        with formatter.section("SPEC of --fault"):
            formatter.write_text(FAULT_FORM)
            formatter.write_paragraph()
            formatter.write_text(
                "such as txt2img:out-of-memory:first. ENDPOINT is a path, short where it is under "
                "/sdapi/v1/, and left out for every one. Of several ACTIONs joined by commas each "
                "request gets the next, and what it asked for with ok: nan,nan,ok,delay. "
                "ACTION is one of these, with its keys:"
            )
            formatter.write_paragraph()
            formatter.write_dl([(action.name, action.as_help()) for action in ACTIONS.values()])


@click.group(cls=DefaultGroup)
@click.version_option(__version__, prog_name="fake-webui")
def main() -> None:
    """A fake AUTOMATIC1111 WebUI for testing its clients; `serve` is the default command.

    Every option of `serve` can be given as an environment variable too, such as FAKE_WEBUI_PORT,
    or in the configuration file; the command line wins over both.
    """


@main.command(cls=WithFaults, context_settings={"auto_envvar_prefix": "FAKE_WEBUI"})
@click.option("--ready-file", type=FILE, help="Written when listening: url, pid, version.")
@click.option("--exit-on-stdin-eof", is_flag=True, help="Stop when standard input ends.")
@click.option("--json", "as_json", is_flag=True, help="The line on standard output as JSON.")
@server_options(for_itself=True)
def serve(
    config: Path | None,
    ready_file: Path | None,
    *,
    exit_on_stdin_eof: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Run a server until Ctrl-C."""
    from fake_webui import server  # noqa: PLC0415 - other commands start without flask

    with sentences():
        server.serve(
            make_config(config, **settings),
            ready_file=ready_file,
            exit_on_stdin_eof=exit_on_stdin_eof,
            as_json=as_json,
        )


@contextmanager
def sentences() -> Iterator[None]:
    """Turn errors into one sentence and exit status 2."""
    try:
        yield
    except FakeWebUIError as error:
        told = str(error)
    except OSError as error:  # such as a name that no file can have
        told = f"{error.filename or 'a file'}: {error.strerror or error}"
    else:
        return
    print(f"fake-webui: {told}", file=sys.stderr)
    raise SystemExit(2)


def make_config(path: Path | None, **settings: Any) -> ServerConfig:
    """Return the configuration of a file, if any, under what was given by name.

    Raises:
        ConfigError: if the file or a value is wrong.
    """
    given = {
        name: SETTINGS[name].read(value)
        for name, value in settings.items()
        if value not in (None, ())
    }
    if path is None:
        return ServerConfig(**given)
    from fake_webui.config.file import read_config  # noqa: PLC0415 - only some starts read a file
    from fake_webui.profiles import options_of  # noqa: PLC0415

    return replace(read_config(path, options_of, given.get("profile")), **given)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--profile", type=click.Choice(PROFILES), default=DEFAULT_PROFILE, help="Of which WebUI."
)
def coverage(profile: str, *, as_json: bool) -> None:
    """List what is imitated, endpoint by endpoint and field by field."""
    from fake_webui.commands.coverage import show  # noqa: PLC0415 - serve starts without it

    click.echo(show(profile, as_json=as_json))


@main.command("exec", cls=WithFaults, context_settings={"allow_interspersed_args": False})
@server_options()
@click.option("--strict", is_flag=True, help="Fail on unknown addresses and fields.")
@click.option("--har", type=FILE, help="Write what was recorded there, as HAR 1.2.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    command: tuple[str, ...],
    faults: tuple[str, ...],
    *,
    strict: bool,
    har: Path | None,
    **settings: Any,
) -> None:
    """Run COMMAND with WEBUI_URL set to a fresh server, and show what it sent.

    The exit status is that of COMMAND; with --strict it is 1 where that is 0 and COMMAND sent what
    the WebUI does not know. Options for COMMAND go after `--`.
    """
    from fake_webui.commands.exec import run  # noqa: PLC0415 - serve starts without it
    from fake_webui.testing.fake import FakeWebUI  # noqa: PLC0415

    with sentences():
        outcome = run(command, FakeWebUI(**settings, fault=faults), strict=strict, har=har)
    click.echo(outcome.told, err=not outcome.has_run)
    raise SystemExit(outcome.status)


@main.command()
@click.option("--from", "url", required=True, metavar="URL", help="The WebUI to record.")
@click.option("--out", required=True, type=FILE, help="A file (.jsonl, .jsonl.gz) or a folder.")
@click.option("--requests", "requests_from", type=FILE, help="Send those of a recording.")
@click.option("--login", metavar="USER:PW", help="Credentials, if the WebUI wants any.")
@click.option("--leave-traces", is_flag=True, help="Send what creates, trains, saves or stops too.")
def capture(
    url: str, out: Path, requests_from: Path | None, login: str | None, *, leave_traces: bool
) -> None:
    """Record how a real WebUI answers: JSON lines, one exchange a line.

    Without --requests it sends some of its own that ask for tiny pictures. Options, checkpoint and
    queue are put back as they were, after Ctrl-C too. Images that were sent are kept in raw/ beside
    the recording, those that came are described.
    """
    from fake_webui.commands.capture import capture as record  # noqa: PLC0415

    with sentences():
        recorded = record(url, out, requests_from, login, click.echo, lasting=leave_traces)
    if recorded.left:
        names = ", ".join(recorded.left)
        click.echo(f"fake-webui: the WebUI is not as it was, could not put back: {names}", err=True)
    click.echo(f"{recorded.exchanges} captures in {recorded.file}")
    raise SystemExit(recorded.status)


@main.command(cls=WithFaults)
@server_options()
@click.option("--real", "real_url", metavar="URL", help="A WebUI to ask.")
@click.option("--captures", type=FILE, help="Or its recorded answers: a file, or a folder of them.")
@click.option("--requests", "requests_from", type=FILE, help="Send those of a recording.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="This file of a folder.")
@click.option("--only", default="", metavar="REGEX", help="Captures with such a name.")
@click.option("--against", metavar="URL", help="Compare a server that runs, not a fresh fake.")
@click.option("--login", "credentials", metavar="USER:PW", help="Credentials, if any are wanted.")
@click.option("--show", default=5, show_default=True, help="Places to show for each answer.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, every place.")
def diff(faults: tuple[str, ...], show: int, *, as_json: bool, **given: Any) -> None:
    """Show where a fresh fake and a real WebUI differ; exit status 1 if they do.

    The fake is started as the recording says that the real one was, or with the options given
    here; give it the real one's models with --config. It is reset before each request.
    """
    if (given["real_url"] is None) == (given["captures"] is None):
        raise click.UsageError("give either --real URL or --captures FILE_OR_DIR")
    from fake_webui.commands.diff import Question  # noqa: PLC0415
    from fake_webui.commands.diff import diff as compare  # noqa: PLC0415

    asked = {name: given.pop(name) for name in Question.__slots__ if name in given}
    server = {name: value for name, value in given.items() if value is not None}
    question = Question(**asked, server={**server, "fault": faults})
    with sentences():
        differ = compare(question, click.echo, show=show, as_json=as_json)
    raise SystemExit(int(differ))
