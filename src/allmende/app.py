"""The composition root: the only place where ports are wired to what stands behind them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from allmende.city.load import load_city
from allmende.city.ways import OWN_NAMES, parse_broker_address
from allmende.collect.files import FolderHttp
from allmende.collect.http import GuardedHttp
from allmende.collect.post import GuardedPost
from allmende.collect.replay import ReplayHttp
from allmende.engine.duck import DuckEngine
from allmende.flow.workspace import Workspace
from allmende.lake.local import LocalLake
from allmende.model.city import City
from allmende.model.way import Broker
from allmende.ports import Clock, Http, Publisher, Sender
from allmende.share.people.openid import OpenId, OpenIdSettings, parse_group_roles
from allmende.share.public_address import SETTING as PUBLIC_ADDRESS
from allmende.store.sql import SqlStore

if TYPE_CHECKING:
    from litestar import Litestar

    from allmende.share.api_live import Live as Following


_PUBLISH = ("ALLMENDE_PUBLISH_USER", "ALLMENDE_PUBLISH_PASSWORD", "ALLMENDE_PUBLISH_CA")


class SystemClock:
    """The Clock of the machine."""

    def now(self) -> datetime:
        """The time, aware, UTC."""
        return datetime.now(UTC)


def data_folder(city_folder: Path, data: Path | None = None) -> Path:
    """Where a city's data lie: `data`, or `data/<slug>` below the working directory."""
    return (data or Path("data") / city_folder.resolve().name).resolve()


def open_workspace(
    city_folder: Path,
    data: Path | None = None,
    replay: Path | None = None,
    offline: bool = False,
    *,
    private_hosts: Iterable[str] = (),
    proxy: str | None = None,
    check_options: bool = True,
    store: str | None = None,
) -> Workspace:
    """Load the city and open its data; the data folder is made when it is not there.

    With `replay` every address is answered from recorded files and the network is left alone; with
    `offline` it is left alone too, and there are no answers. `private_hosts` are names that may lie
    in a private network. `store` is the address of a PostgreSQL (`postgresql+psycopg://…`); without it the
    store is a SQLite file among the data. Without `check_options` no connector's code is loaded (to serve pages in
    little memory). Raises CityInvalid or StoreFault.
    """
    folder = city_folder.resolve()
    city = load_city(folder, options=check_options)
    place = data_folder(folder, data)
    place.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    opened = SqlStore.open(store or f"sqlite:///{place / 'store.sqlite'}")
    lake = LocalLake(place)
    engine = DuckEngine(opened, lake)
    outside = _outside(city, replay, offline, private_hosts, proxy)
    return Workspace(
        files=city,
        city_folder=folder,
        data=place,
        store=opened,
        lake=lake,
        engine=engine,
        http=_http(city, folder, clock, outside),
        clock=clock,
        sender=_sender(city, replay, offline, private_hosts, proxy),
        publisher=_publisher(city, offline),
    )


def open_http(
    city: City, folder: Path, replay: Path | None, offline: bool, hosts: Iterable[str], proxy: str | None
) -> Http:
    """The one way out for this city, without opening its data."""
    return _http(city, folder.resolve(), SystemClock(), _outside(city, replay, offline, hosts, proxy))


def create_app(
    workspace: Workspace, *, anonymous_writes: bool = False, private_hosts: Iterable[str] = ()
) -> Litestar:
    """The ASGI app that serves a workspace: portal, API, standards and downloads behind the gate."""
    from allmende.collect.uploads import PartUploads
    from allmende.flow.desk import Desk
    from allmende.flow.desk_worker import DeskWorker
    from allmende.flow.recompute import Recomputer
    from allmende.share.portal.pages.workshop.begin import LARGEST_UPLOAD
    from allmende.share.web import create_app as make

    worker = DeskWorker(workspace)
    desk = Desk(workspace, worker)
    uploads = PartUploads(workspace.data / "uploads", workspace.clock, LARGEST_UPLOAD)
    open_id = _open_id(workspace, private_hosts)
    app = make(
        workspace,
        Recomputer(workspace),
        open_id=open_id,
        desk=desk,
        uploads=uploads,
        anonymous_writes=anonymous_writes,
        address=os.environ.get(PUBLIC_ADDRESS, ""),
    )
    app.on_shutdown.append(worker.close)
    if open_id is not None:
        app.on_shutdown.append(open_id.close)
    _tell(app, workspace)
    _take_observations(app, workspace)
    return app


def _open_id(workspace: Workspace, private_hosts: Iterable[str]) -> OpenId | None:
    """The city's sign-in service, when the operator named one."""
    issuer = os.environ.get("ALLMENDE_OIDC_ISSUER", "")
    if not issuer:
        return None
    settings = OpenIdSettings(
        issuer,
        os.environ.get("ALLMENDE_OIDC_CLIENT_ID", "allmende"),
        _secret("ALLMENDE_OIDC_CLIENT_SECRET"),
        os.environ.get("ALLMENDE_OIDC_GROUPS", "groups"),
        parse_group_roles(os.environ.get("ALLMENDE_OIDC_ROLES", "")),
    )
    # Only a city with a sign-in service needs the client for it.
    from allmende.collect.identity import GuardedCalls

    calls = GuardedCalls(private_hosts, os.environ.get("ALLMENDE_PROXY") or None)
    return OpenId(settings, calls, workspace.clock, workspace.lake.secret("sign-in"))


def _secret(name: str) -> str:
    """A secret from the environment, or from the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE", "")
    return Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name, "")


def _take_observations(app: Litestar, workspace: Workspace) -> None:
    """Let observations of SensorThings come over MQTT on the ways that are meant for them."""
    for way in workspace.city.ways.values():
        if way.kind == OWN_NAMES:
            # Only a city with such a way needs the standard's code for it.
            from allmende.standards.sensorthings.mqtt import MqttCreation

            workspace.live.ways.add(way.id, MqttCreation(app.state.writes))


def _tell(app: Litestar, workspace: Workspace) -> None:
    """Wake who follows live values, and tell subscribers as long as the app is served."""
    from allmende.flow.outward import Outward

    live: Following = app.state.live
    workspace.live.writer.listen(live.feed.notice)
    assert workspace.sender is not None
    outward = Outward(
        workspace, live.reads.readable, live.principals.of_id, workspace.sender, workspace.publisher
    )
    app.on_startup.append(outward.start)
    app.on_shutdown.append(outward.close)


def _sender(
    city: City, replay: Path | None, offline: bool, private_hosts: Iterable[str], proxy: str | None
) -> Sender:
    contact = city.contact.email or city.contact.homepage
    return GuardedPost(
        contact, offline=offline or replay is not None, private_hosts=private_hosts, proxy=proxy
    )


def _publisher(city: City, offline: bool) -> Publisher | None:
    """The broker that the operator named to publish on; none without."""
    address = os.environ.get("ALLMENDE_PUBLISH_BROKER", "")
    if not address or offline:
        return None
    # Only a process that publishes needs the MQTT client's memory.
    from allmende.collect.publish import BrokerPublisher

    parse_broker_address(address)
    user, password, ca_file = (f"env:{name}" if os.environ.get(name) else "" for name in _PUBLISH)
    client_id = f"allmende-{city.slug}-{os.getpid()}"
    return BrokerPublisher(
        Broker(address, (), client_id=client_id, user=user, password=password, ca_file=ca_file)
    )


def _outside(
    city: City, replay: Path | None, offline: bool, private_hosts: Iterable[str], proxy: str | None
) -> Http:
    if replay is not None:
        return ReplayHttp(replay)
    contact = city.contact.email or city.contact.homepage
    return GuardedHttp(contact, offline=offline, private_hosts=private_hosts, proxy=proxy)


def _http(city: City, folder: Path, clock: Clock, outside: Http) -> Http:
    """The city's own files, then the outside; only an invented city may have invented tables."""
    files = FolderHttp(folder, outside)
    if not city.invented:
        return files
    # Only an invented city needs its generator, which draws maps and so loads 15 MB.
    from allmende.testing.musterstadt import InventedHttp

    return InventedHttp(clock, files)
