"""A foreign client of SensorThings (FROST's, by Fraunhofer IOSB) against `allmende serve`, over real HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frost_sta_client as frost
import geojson
import jsonpatch
import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the client's own
CITY = Path(__file__).parents[2] / "cities" / "musterstadt"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client, speaking to a server that anybody on this machine may write to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path_factory.mktemp("frost")
    command = [sys.executable, "-m", "allmende", "serve", str(CITY), "--data", str(data), "--offline"]
    with subprocess.Popen(
        [*command, "--port", str(port), "--allow-anonymous-writes"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _wait(port)
        yield frost.SensorThingsService(f"http://127.0.0.1:{port}/sta/v1.1")
        process.terminate()


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


def _stream(name: str) -> Any:
    """A datastream with all that it needs."""
    unit = frost.UnitOfMeasurement(name="Grad Celsius", symbol="°C", definition="ucum:Cel")
    place = frost.Location(
        name="Park",
        description="am Tor",
        encoding_type="application/geo+json",
        location=geojson.Point((11.59, 50.93)),
    )
    thing = frost.Thing(name=f"Linde {name}", description="ein Baum", properties={"tour": 3})
    thing.locations = frost.model.ext.entity_list.EntityList(
        entity_class=frost.model.ext.entity_type.EntityTypes["Location"]["class"], entities=[place]
    )
    return frost.Datastream(
        name=name,
        description="am Stamm",
        observation_type="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        unit_of_measurement=unit,
        thing=thing,
        sensor=frost.Sensor(
            name="LSE01", description="im Boden", encoding_type="text/html", metadata="https://maker.example"
        ),
        observed_property=frost.ObservedProperty(
            name="Temperatur", definition="https://city.example/t", description="im Boden"
        ),
    )


def test_the_client_creates_reads_filters_updates_and_deletes(service: Any) -> None:
    """All that the client's own examples do."""
    stream = _stream("Boden")
    service.create(stream)
    assert stream.id
    for hour in range(5):
        value = frost.Observation(
            phenomenon_time=f"2026-06-01T{hour:02}:00:00Z", result=float(hour), datastream=stream
        )
        service.create(value)
        assert value.id
    found = service.observations().query().filter("result gt 2 and Datastream/name eq 'Boden'").list()
    assert sorted(one.result for one in found) == [3, 4]
    values = service.observations().query().orderby("phenomenonTime", "desc").top(2).list()
    assert [one.result for one in values.entities[:2]] == [4, 3]
    stream = service.datastreams().find(stream.id)
    assert stream.unit_of_measurement.symbol == "°C"
    stream.description = "tiefer"
    service.update(stream)
    assert service.datastreams().find(stream.id).description == "tiefer"
    service.patch(stream, jsonpatch.JsonPatch([{"op": "replace", "path": "/name", "value": "Wurzel"}]))
    assert service.datastreams().find(stream.id).name == "Wurzel"
    thing = (
        service.things().query().filter("Datastreams/name eq 'Wurzel'").expand("Locations").list().entities[0]
    )
    assert thing.locations.entities[0].location["coordinates"] == [11.59, 50.93]
    service.delete(stream)
    assert service.observations().query().filter("Datastream/name eq 'Wurzel'").list().entities == []


def test_the_client_follows_next_links_and_sends_data_arrays(service: Any) -> None:
    """Every value of several pages arrives once."""
    stream = _stream("Luft")
    service.create(stream)
    values = frost.DataArrayValue()
    values.datastream = frost.Datastream(id=stream.id)
    values.components = {values.Property.PHENOMENON_TIME, values.Property.RESULT}
    start = datetime(2026, 6, 1, tzinfo=UTC)
    for minute in range(30):
        values.add_observation(
            frost.Observation(
                phenomenon_time=start.replace(minute=minute).isoformat().replace("+00:00", "Z"),
                result=float(minute),
                datastream=values.datastream,
            )
        )
    document = frost.DataArrayDocument()
    document.add_data_array_value(values)
    links = service.observations().create(document)
    assert len(links) == 30
    found = service.datastreams().find(stream.id).get_observations().query().top(7).list()
    assert sorted(one.result for one in found) == [float(minute) for minute in range(30)]


def test_a_mistake_is_told(service: Any) -> None:
    """The client sees 400 for a bad query and 404 for what is not there."""
    with pytest.raises(Exception, match="400"):
        service.things().query().filter("name eq").list()
    with pytest.raises(Exception, match="404"):
        service.things().find(999_999)
