"""Writes the pages of docs that follow from the code: glossary, command line, settings, errors, pages, doubts.

`python docs/generate.py` writes them, `--check` only says whether they are as the code wants them.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
from litestar.handlers import HTTPRouteHandler

import allmende.errors
import allmende.model
import allmende.share.portal.pages
from allmende.catalogue.doubts import oddities
from allmende.cli import COMMANDS
from allmende.cli import allmende as command_line
from allmende.cli.errors import HELD, OK, REFUSED, TITLES, USAGE
from allmende.cli.settings import SETTINGS
from allmende.errors import AllmendeError
from allmende.model.limits import FLAGS, Limits
from allmende.model.observation import SUSPECT

DOCS = Path(__file__).parent
PAGES_LEAD = (
    "Each page is one file in `src/allmende/share/portal/pages`: addresses, what its template is given, and "
    "nothing more. Every address is there in English below `/en` too. Around each page stands `Frame`."
)
NOTICE = "<!-- Written by docs/generate.py; change the code, then run `make format`. -->"


def glossary() -> str:
    """Every public class of the domain language with what it means."""
    lines = [
        "# Glossary",
        "",
        "One name per concept, in code, files and talk. The words follow from `src/allmende/model`.",
        "",
    ]
    for module in _modules():
        lines += [f"## {(module.__doc__ or '').splitlines()[0].rstrip('.')}", ""]
        for name, class_ in _classes(module):
            lines += [f"### {name}", "", inspect.getdoc(class_) or "", ""]
    return "\n".join(lines)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(allmende.model.__path__):
        yield importlib.import_module(f"allmende.model.{found.name}")


def _classes(module: ModuleType) -> Iterator[tuple[str, type]]:
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield name, value


def commands() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# The command line",
        "",
        "`allmende COMMAND --help` says the same. CITY is the folder of a city.",
        "",
    ]
    lines += [f"Exit status: {OK} done, {REFUSED} refused or failed, {USAGE} wrong use, {HELD} something is held back.", ""]
    lines += [
        "`allmende --debug COMMAND` shows the full trace of a fault, `allmende --version` the version.",
        "",
    ]
    for name in COMMANDS:
        context = click.Context(command_line, info_name="allmende")
        command = command_line.get_command(context, name)
        assert command is not None, f"{name} is listed but not there"
        lines += _command(command, name, context, level=2)
    return "\n".join(lines)


def _command(command: click.Command, name: str, parent: click.Context, level: int) -> list[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f"{'#' * level} {context.command_path}",
        "",
        f"    {context.command_path} {usage}",
        "",
        command.help or "",
        "",
    ]
    rows = [
        row
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for row in _option(parameter)
    ]
    if rows:
        lines += ["| option | meaning | setting |", "|---|---|---|", *rows, ""]
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            lines += _command(found, inner, context, level + 1)
    return lines


def _option(option: click.Option) -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    default = f" Default: {option.default}." if option.show_default and option.default is not None else ""
    setting = f"`{option.envvar}`" if option.envvar else ""
    yield f"| {names} | {option.help or ''}{default} | {setting} |"


def settings() -> str:
    """Every setting from the environment."""
    lines = ["# Settings", "", "Read from the environment. An option on the command line counts more.", ""]
    lines += ["| setting | option | default | meaning |", "|---|---|---|---|"]
    lines += [
        f"| `{s.name}` | {f'`{s.option}`' if s.option else ''} | {s.default} | {s.meaning} |"
        for s in SETTINGS
    ]
    return "\n".join(lines)


def errors() -> str:
    """Every error with its meaning for the reader."""
    lines = [
        "# Errors",
        "",
        "Each is named by what the reader can do. The message says what, where and what to do.",
        "",
    ]
    for class_ in _errors():
        again = " It is tried again by itself." if class_.transient else ""
        lines += [f"## {class_.__name__}", "", f"On the command line: “{TITLES[class_]}”.{again}", ""]
        lines += [inspect.getdoc(class_) or "", ""]
    return "\n".join(lines)


def pages() -> str:
    """Every page of the portal with its addresses and what its template is given."""
    lines = ["# The pages of the portal", "", PAGES_LEAD, ""]
    for found in pkgutil.iter_modules(allmende.share.portal.pages.__path__):
        module = importlib.import_module(f"allmende.share.portal.pages.{found.name}")
        lines += [f"## {found.name}", "", inspect.getdoc(module) or "", ""]
        for route in (value for value in vars(module).values() if isinstance(value, HTTPRouteHandler)):
            verb = ", ".join(sorted(method for method in route.http_methods if method != "OPTIONS"))
            meaning = inspect.getdoc(route.fn) or ""
            lines += [f"* `{verb} {' '.join(sorted(route.paths))}`: {meaning}"]
        lines += [""]
        for name, class_ in _classes(module):
            lines += [f"### {name}", "", inspect.getdoc(class_) or "", "", *_fields(class_), ""]
    return "\n".join(lines)


def doubts() -> str:
    """Every reason for which a value is doubted, with its flag and its sentence."""
    lines = [
        "# Why a value is doubted",
        "",
        "What is found odd about a value is kept with it: a flag (a bit of `Quality`), and the reason with its "
        "numbers in `extra.doubts`. Nothing is deleted. Flags marked with * make a value suspect: it is not part "
        "of means, and what is made from it says so. [How to set limits](../howto/trust-sensors.md).",
        "",
        "| reason | flag | bit | what people read |",
        "|---|---|---|---|",
    ]
    for oddity, text in oddities():
        flag = FLAGS[oddity]
        mark = "*" if flag & SUSPECT else ""
        lines.append(f"| `{oddity}` | {flag.name}{mark} | {flag.value} | {text.en} |")
    lines += ["", "A corrected (calibrated) value has the bit 1024; its number before is in `raw`.", ""]
    lines += ["## Limits", "", inspect.getdoc(Limits) or "", "", *_fields(Limits), ""]
    return "\n".join(lines)


def _fields(class_: type) -> Iterator[str]:
    yield from ("| field | type |", "| --- | --- |")
    for field in dataclasses.fields(class_):
        shown = str(field.type).replace("|", "\\|")
        yield f"| `{field.name}` | `{shown}` |"


def _errors() -> Iterator[type[AllmendeError]]:
    for value in vars(allmende.errors).values():
        if inspect.isclass(value) and issubclass(value, AllmendeError):
            yield value


PAGES = {
    "glossary.md": glossary,
    "reference/command-line.md": commands,
    "reference/settings.md": settings,
    "reference/errors.md": errors,
    "reference/pages.md": pages,
    "reference/doubts.md": doubts,
}


def wanted(name: str) -> str:
    """The text that a generated page should have."""
    title, _, rest = PAGES[name]().partition("\n")
    return f"{title}\n\n{NOTICE}\n{rest.rstrip()}\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that differ; exit status 1 when some do."""
    differing = [name for name in PAGES if not _has(name, wanted(name))]
    for name in differing:
        if "--check" in arguments:
            print(f"docs/{name} does not follow from the code; run `make format`.")
        else:
            (DOCS / name).write_text(wanted(name), encoding="utf-8")
            print(f"docs/{name} is written anew.")
    return int(bool(differing) and "--check" in arguments)


def _has(name: str, text: str) -> bool:
    path = DOCS / name
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
