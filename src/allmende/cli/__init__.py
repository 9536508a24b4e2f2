"""The command line: one file per command, loaded only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import cast

import click

from allmende import __version__
from allmende.cli.errors import REFUSED, USAGE, dress
from allmende.errors import AllmendeError

COMMANDS = {
    "check": "allmende.cli.check:check",
    "plan": "allmende.cli.plan:plan",
    "run": "allmende.cli.run:run",
    "harvest": "allmende.cli.harvest:harvest",
    "serve": "allmende.cli.serve:serve",
    "up": "allmende.cli.up:up",
    "show": "allmende.cli.show:show",
    "judge": "allmende.cli.judge:judge",
    "reread": "allmende.cli.reread:reread",
    "quality": "allmende.cli.quality:quality",
    "doctor": "allmende.cli.doctor:doctor",
    "backup": "allmende.cli.backup:backup",
    "restore": "allmende.cli.restore:restore",
    "export-city": "allmende.cli.export_city:export_city",
    "key": "allmende.cli.key:key",
    "subscription": "allmende.cli.subscription:subscription",
    "agreement": "allmende.cli.agreement:agreement",
    "person": "allmende.cli.person:person",
    "release": "allmende.cli.release:release",
    "work": "allmende.cli.work:work",
    "audit": "allmende.cli.audit:audit",
    "new": "allmende.cli.new:new",
    "inspect": "allmende.cli.inspect:inspect",
}


class Commands(click.Group):
    """A group whose commands are imported on first use, so that `--version` needs no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        return cast(click.Command, getattr(importlib.import_module(module), name))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="allmende")
@click.option("--debug", is_flag=True, envvar="ALLMENDE_DEBUG", help="Show the full trace of a fault.")
def allmende(debug: bool) -> None:
    """An urban data platform that a city runs on one small machine."""


def main() -> None:
    """Run the command line; exit status 0: done, 1: refused or failed, 2: wrong use."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Run one command and give its exit status; errors are printed for people, without a trace."""
    try:
        with allmende.make_context("allmende", list(arguments)) as context:
            return int(allmende.invoke(context) or 0)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else REFUSED
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return REFUSED
    except AllmendeError as error:
        if _debugging(arguments):
            raise
        click.echo("\n".join(dress(error)), err=True)
        return REFUSED
    except Exception as error:  # the last resort: a fault of ours is told in words, too
        if _debugging(arguments):
            raise
        click.echo(f"This is a fault of Allmende: {type(error).__name__}: {error}", err=True)
        click.echo("  `allmende --debug ...` shows its trace; please report it.", err=True)
        return REFUSED


def _debugging(arguments: list[str]) -> bool:
    return "--debug" in arguments or os.environ.get("ALLMENDE_DEBUG", "") not in ("", "0")
