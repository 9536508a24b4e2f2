"""The standard's words and ours: sets, their properties and their relations (18-088, section 8)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from allmende.model.query import Call, Expression, OneOf, Order, Path, constant
from allmende.standards.sensorthings.faults import BadRequest

_WORDS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "description": ("description",),
    "properties": ("properties",),
}
_TIMES: dict[str, tuple[str, ...]] = {"phenomenonTime": ("phenomenon_time",), "resultTime": ("result_time",)}
Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A relation of the standard: which of ours, to which set, one or many."""

    relation: str
    target: str
    many: bool = True


@dataclass(frozen=True, slots=True)
class EntitySet:
    """One set of the standard: its kind of ours, its properties and links, in their order."""

    name: str
    single: str
    kind: str
    properties: dict[str, Steps]
    links: dict[str, Link] = field(default_factory=dict)
    multi: bool | None = None

    @property
    def narrowing(self) -> Expression | None:
        """Datastreams and MultiDatastreams are one kind of ours."""
        if self.multi is None:
            return None
        return Call("eq", (Path(("multi",)), constant(self.multi)))


def _streams() -> dict[str, Link]:
    return {
        "Datastreams": Link("datastreams", "Datastreams"),
        "MultiDatastreams": Link("datastreams", "MultiDatastreams"),
    }


SETS: dict[str, EntitySet] = {
    found.name: found
    for found in (
        EntitySet(
            "Things",
            "Thing",
            "thing",
            _WORDS,
            {
                **_streams(),
                "Locations": Link("locations", "Locations"),
                "HistoricalLocations": Link("historical_locations", "HistoricalLocations"),
            },
        ),
        EntitySet(
            "Locations",
            "Location",
            "location",
            {
                "name": ("name",),
                "description": ("description",),
                "encodingType": ("encoding",),
                "location": ("geometry",),
                "properties": ("properties",),
            },
            {
                "Things": Link("things", "Things"),
                "HistoricalLocations": Link("historical_locations", "HistoricalLocations"),
            },
        ),
        EntitySet(
            "HistoricalLocations",
            "HistoricalLocation",
            "historical_location",
            {"time": ("time",)},
            {"Thing": Link("thing", "Things", many=False), "Locations": Link("locations", "Locations")},
        ),
        EntitySet(
            "Sensors",
            "Sensor",
            "sensor",
            {
                "name": ("name",),
                "description": ("description",),
                "encodingType": ("encoding",),
                "metadata": ("metadata",),
                "properties": ("properties",),
            },
            _streams(),
        ),
        EntitySet(
            "ObservedProperties",
            "ObservedProperty",
            "observed_property",
            {
                "name": ("name",),
                "definition": ("definition",),
                "description": ("description",),
                "properties": ("properties",),
            },
            _streams(),
        ),
        EntitySet(
            "Datastreams",
            "Datastream",
            "datastream",
            {
                "name": ("name",),
                "description": ("description",),
                "unitOfMeasurement": ("units", "0"),
                "observationType": ("observation_type",),
                "observedArea": ("observed_area",),
                **_TIMES,
                "properties": ("properties",),
            },
            {
                "Thing": Link("thing", "Things", many=False),
                "Sensor": Link("sensor", "Sensors", many=False),
                "ObservedProperty": Link("observed_properties", "ObservedProperties", many=False),
                "Observations": Link("observations", "Observations"),
            },
            multi=False,
        ),
        EntitySet(
            "MultiDatastreams",
            "MultiDatastream",
            "datastream",
            {
                "name": ("name",),
                "description": ("description",),
                "unitOfMeasurements": ("units",),
                "observationType": ("observation_type",),
                "multiObservationDataTypes": ("types",),
                "observedArea": ("observed_area",),
                **_TIMES,
                "properties": ("properties",),
            },
            {
                "Thing": Link("thing", "Things", many=False),
                "Sensor": Link("sensor", "Sensors", many=False),
                "ObservedProperties": Link("observed_properties", "ObservedProperties"),
                "Observations": Link("observations", "Observations"),
            },
            multi=True,
        ),
        EntitySet(
            "FeaturesOfInterest",
            "FeatureOfInterest",
            "feature",
            {
                "name": ("name",),
                "description": ("description",),
                "encodingType": ("encoding",),
                "feature": ("geometry",),
                "properties": ("properties",),
            },
            {"Observations": Link("observations", "Observations")},
        ),
        EntitySet(
            "Observations",
            "Observation",
            "observation",
            {
                **_TIMES,
                "result": ("result",),
                "resultQuality": ("extra", "resultQuality"),
                "validTime": ("extra", "validTime"),
                "parameters": ("extra", "parameters"),
            },
            {
                "Datastream": Link("datastream", "Datastreams", many=False),
                "MultiDatastream": Link("datastream", "MultiDatastreams", many=False),
                "FeatureOfInterest": Link("feature", "FeaturesOfInterest", many=False),
            },
        ),
    )
}
_IDS = ("id", "@iot.id")


def our_expression(part: Expression, of: EntitySet) -> Expression:
    """The expression with our names in its paths. Raises BadRequest for names that the set does not have."""
    if isinstance(part, Path):
        return replace(part, steps=_our_steps(part, of))
    if isinstance(part, Call):
        return replace(part, operands=tuple(our_expression(inner, of) for inner in part.operands))
    if isinstance(part, OneOf):
        raise BadRequest("this cannot stand here")
    return part


def our_orders(orders: tuple[Order, ...], of: EntitySet) -> tuple[Order, ...]:
    """The order with our names."""
    return tuple(replace(order, by=our_expression(order.by, of)) for order in orders)


def _our_steps(path: Path, of: EntitySet) -> Steps:
    steps: list[str] = []
    for place, step in enumerate(path.steps):
        link = of.links.get(step)
        if link is not None:
            of = SETS[link.target]
            steps.append(_narrowed(link.relation, of))
        elif step in _IDS:
            return (*steps, "id")
        elif step in of.properties:
            return (*steps, *of.properties[step], *path.steps[place + 1 :])
        else:
            raise unknown(step, of, path.position)
    raise BadRequest(f"{path.steps[-1]!r} is a relation, not a value", position=path.position)


def _narrowed(relation: str, target: EntitySet) -> str:
    """The relation to datastreams of one property, or to those of several."""
    if target.multi is None:
        return relation
    return f"multi_{relation}" if target.multi else f"single_{relation}"


def unknown(name: str, of: EntitySet, position: int | None = None) -> BadRequest:
    """The error for a name that a set does not have."""
    known = ", ".join((*of.properties, *of.links))
    return BadRequest(f"{of.name} have no {name!r}", position=position, hint=f"They have id, {known}.")
