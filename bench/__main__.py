"""Runs every measurement, or those that are named: `python -m bench publish`."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """The measurements there are."""
    return [
        found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.name != "__main__"
    ]


def show(name: str) -> None:
    """Run one measurement and print what it found."""
    print(f"\n{name}", flush=True)
    rows: list[dict[str, str]] = importlib.import_module(f"bench.{name}").run()
    width = max(len(row["what"]) for row in rows)
    for row in rows:
        print(f"  {row['what']:<{width}}  {row['value']}", flush=True)


def main(asked: list[str]) -> int:
    """Run what was asked for; exit status 2 for a name that there is not."""
    unknown = set(asked) - set(names())
    if unknown:
        print(f"there is no measurement {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
        return 2
    for name in asked or names():
        show(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
