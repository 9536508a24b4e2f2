"""The rules at work in one process: what is plausible comes from the city, what was before from the store."""

from __future__ import annotations

from collections.abc import Iterable

from allmende.catalogue.doubts import doubts_of
from allmende.catalogue.series_trust import read_correction, read_limits
from allmende.flow.datastreams import Datastreams
from allmende.model.observation import Observation, Quality
from allmende.model.thing import Datastream
from allmende.store.sql import SqlStore
from allmende.structure.quality.judge import Judge
from allmende.structure.quality.watch import Earlier, Rules


def make_judge(store: SqlStore, datastreams: Datastreams) -> Judge:
    """A judge for everything that is written by this process; changed datastreams are looked at anew."""

    def rules(datastream_id: int) -> Rules:
        found = datastreams.find(datastream_id)
        return Rules() if found is None else rules_of(found)

    def earlier(datastream_id: int) -> Iterable[Earlier]:
        return (_earlier(row) for row in store.observations.recent(datastream_id))

    judge = Judge(rules, earlier)
    datastreams.tell(judge.watch.forget)
    return judge


def rules_of(datastream: Datastream) -> Rules:
    """What is plausible for a datastream: what its properties say."""
    return Rules(read_limits(datastream.properties), read_correction(datastream.properties))


def _earlier(row: Observation) -> Earlier:
    standing = next((d for d in doubts_of(row.extra) if d.flag is Quality.NEIGHBOURS), None)
    return Earlier(row.phenomenon_time, row.number, row.result_time, standing)
