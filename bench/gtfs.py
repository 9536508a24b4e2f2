"""A feed with a million stop times: parsed with all ids checked, and from its receipt to a published version."""

from __future__ import annotations

import resource
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

STOPS, TRIPS, PER_TRIP = 2_000, 40_000, 25
ALLOWED = 30.0


def write_feed(path: Path) -> None:
    """An invented feed: as many stop times as trips times stops of a trip."""
    stops = "stop_id,stop_name,stop_lat,stop_lon\n" + "".join(
        f"s{n},Halt {n},{50.9 + n / 1e5:.5f},{11.5 + n / 1e5:.5f}\n" for n in range(STOPS)
    )
    trips = "route_id,service_id,trip_id\n" + "".join(f"r{n % 40},w,t{n}\n" for n in range(TRIPS))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("stops.txt", stops)
        archive.writestr("trips.txt", trips)
        with archive.open("stop_times.txt", "w") as file:
            file.write(b"trip_id,arrival_time,departure_time,stop_id,stop_sequence\n")
            for trip in range(TRIPS):
                file.write("".join(_call(trip, place) for place in range(PER_TRIP)).encode())


def _call(trip: int, place: int) -> str:
    clock = f"{5 + trip % 21:02}:{2 * place:02}:{trip % 60:02}"
    return f"t{trip},{clock},{clock},s{(trip * 7 + place) % STOPS},{place}\n"


def run() -> list[dict[str, str]]:
    """Seconds of parsing and of publishing, and how much memory the process grew."""
    from allmende.connectors.gtfs.connector import GtfsConnector
    from allmende.lake.local import LocalLake
    from allmende.store.sql import SqlStore
    from allmende.structure.publish import publish_dataset
    from allmende.testing.clock import FixedClock
    from allmende.testing.small import receive, small_city

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.zip"
        write_feed(path)
        city, options = small_city(), {"table": "stop_times"}
        city = replace(
            city, sources={"benches": replace(city.sources["benches"], connector="gtfs", options=options)}
        )
        store, lake, clock = (
            SqlStore.open(f"sqlite:///{folder}/store.sqlite"),
            LocalLake(Path(folder)),
            FixedClock(),
        )
        receive(store, lake, clock, path.read_bytes())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        done = publish_dataset(city, city.datasets["benches"], GtfsConnector(), store, lake, clock)
        seconds = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if (done.outcome, done.rows, done.rejected) != ("new", TRIPS * PER_TRIP, 0):
        raise RuntimeError(f"publishing went wrong: {done}")
    judged = "ok" if seconds <= ALLOWED else "TOO SLOW"
    return [
        {
            "what": f"{TRIPS * PER_TRIP:,} stop times, ids checked, published",
            "value": f"{seconds:.1f} s (at most {ALLOWED:.0f}): {judged}",
        },
        {"what": "the process grew by", "value": f"{grown} MiB"},
    ]
