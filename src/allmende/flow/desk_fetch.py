"""Fetching what somebody named in the workshop, and noting what could not be ended."""

from __future__ import annotations

from dataclasses import replace

from allmende.flow.workspace import Workspace
from allmende.model.release import Release


def fetch(workspace: Workspace, release: Release) -> None:
    """Fetch the bytes of an address. Raises SourceUnreachable, SourceRefused."""
    fetched = workspace.http.fetch(release.address)
    assert fetched is not None  # nothing was known of it, so it cannot be unchanged
    raw, _ = workspace.lake.keep_raw(fetched.chunks)
    name = fetched.file_name or release.file_name
    workspace.store.releases.save(replace(release, raw=raw, file_name=name, work="look"), release.revision)


def give_up(workspace: Workspace, release: str, fault: str, hint: str = "") -> None:
    """Note why a piece of work could not be ended."""
    found = workspace.store.releases.get(release)
    if found.work:
        workspace.store.releases.save(replace(found, work="", fault=fault, hint=hint), found.revision)
