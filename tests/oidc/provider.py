"""Starts the provider, and signs in there as a person would."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from frontend.build import npm

FOLDER = Path(__file__).parent


def install() -> tuple[list[str], dict[str, str]]:
    """The provider's packages as the lock names them; how npm is called, and its environment."""
    command, environment = npm()
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        ended = subprocess.run(
            [*command, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=FOLDER, env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if ended.returncode:
            pytest.skip(f"the sign-in service of the tests could NOT be installed: {ended.stderr[-300:]}")
    return command, environment


@contextmanager
def provider(port: int, *backs: str) -> Iterator[str]:
    """A provider on a port that sends people back to these addresses; its issuer."""
    _, environment = install()
    command = ["node", "provider.mjs", str(port), *backs]
    with subprocess.Popen(command, cwd=FOLDER, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def sign_in_there(address: str, name: str) -> str:
    """Go to the provider's address as `name`, agree to everything; where the provider sends us back."""
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        return _walk(browser, browser.get(address), name)


def _walk(browser: httpx.Client, answer: httpx.Response, name: str) -> str:
    for _ in range(20):
        if answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if "/anmelden/zurueck" in target:
                return target
            answer = browser.get(target)
            continue
        form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert form is not None, answer.text[:500]
        prompt = "login" if 'name="login"' in answer.text else "consent"
        fields = {"prompt": prompt} | ({"login": name, "password": "any"} if prompt == "login" else {})
        answer = browser.post(urljoin(str(answer.url), form.group(1)), data=fields)
    raise AssertionError("the provider never came to an end")
