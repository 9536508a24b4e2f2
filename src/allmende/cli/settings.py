"""Every setting from the environment, declared once. `docs/reference/settings.md` is tested against it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable: the option it stands for, its default in words, and what it does."""

    name: str
    option: str
    default: str
    meaning: str


SETTINGS = (
    Setting("ALLMENDE_DATA", "--data", "data/<city>", "the folder with the city's data"),
    Setting(
        "ALLMENDE_STORE",
        "",
        "store.sqlite in the data folder",
        "the address of a PostgreSQL 15 or newer: postgresql+psycopg://user:password@host/database",
    ),
    Setting("ALLMENDE_REPLAY", "--replay", "none", "a folder with recorded answers (addresses.csv)"),
    Setting("ALLMENDE_OFFLINE", "--offline", "no", "1: leave the network alone"),
    Setting("ALLMENDE_HOST", "--host", "127.0.0.1", "the address to serve on"),
    Setting("ALLMENDE_PORT", "--port", "8000", "the port to serve on"),
    Setting(
        "ALLMENDE_ADDRESS",
        "",
        "that of each request",
        "the address that readers know, behind a proxy or not: https://data.example.org",
    ),
    Setting(
        "ALLMENDE_ALLOW_ANONYMOUS_WRITES",
        "--allow-anonymous-writes",
        "no",
        "1: anybody on this machine writes without a key",
    ),
    Setting("ALLMENDE_WORKERS", "--workers", "1", "how many processes serve pages"),
    Setting("ALLMENDE_PRIVATE_HOSTS", "", "none", "names, with commas, that may lie in a private network"),
    Setting("ALLMENDE_PROXY", "", "none", "the address of a proxy that all requests to sources go through"),
    Setting(
        "ALLMENDE_PUBLISH_BROKER",
        "",
        "none",
        "the broker to publish open observations and events on: mqtts://host",
    ),
    Setting("ALLMENDE_PUBLISH_USER", "", "none", "the user at that broker"),
    Setting("ALLMENDE_PUBLISH_PASSWORD", "", "none", "the user's password"),
    Setting(
        "ALLMENDE_PUBLISH_CA", "", "the system's", "a file with the certificate authority of that broker"
    ),
    Setting("ALLMENDE_LARGEST_UPLOAD", "", "500", "the largest file that people may upload, in megabytes"),
    Setting("ALLMENDE_OIDC_ISSUER", "", "none", "the city's sign-in service (OpenID Connect): its issuer"),
    Setting("ALLMENDE_OIDC_CLIENT_ID", "", "allmende", "the name under which the portal is registered there"),
    Setting("ALLMENDE_OIDC_CLIENT_SECRET", "", "none", "its secret there; none for a public client"),
    Setting("ALLMENDE_OIDC_CLIENT_SECRET_FILE", "", "none", "a file with that secret"),
    Setting("ALLMENDE_OIDC_GROUPS", "", "groups", "the claim that names a person's groups"),
    Setting(
        "ALLMENDE_OIDC_ROLES",
        "",
        "none",
        "which groups give which roles: gis-team=steward:green,data=releaser:*",
    ),
    Setting("ALLMENDE_DEBUG", "--debug", "no", "1: show the full trace of a fault"),
)
