"""What GTFS says of its tables: types, what must be there, keys, and what refers to what (gtfs.org, reference)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "integer", "number", "date", "time"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The ids in `column` stand in one of `targets` (table and column). Where it is `strict`, a row without is none."""

    column: str
    targets: tuple[tuple[str, str], ...]
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """One table. Columns that are not named here are text."""

    kinds: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    point: tuple[str, str] | None = None
    others: tuple[str, ...] = field(default=())
    """Columns that may stand for a required one that is empty."""


_STOP = (("stops", "stop_id"),)
_TRIP = Reference("trip_id", (("trips", "trip_id"),))
_ROUTE = Reference("route_id", (("routes", "route_id"),))
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WHOLE: Kind = "integer"

TABLES: dict[str, Form] = {
    "agency": Form({}, ("agency_name",)),
    "stops": Form(
        {"stop_lat": "number", "stop_lon": "number", "location_type": "integer", "wheelchair_boarding": "integer"},
        ("stop_id",), ("stop_id",), (Reference("parent_station", _STOP, strict=False),), ("stop_lon", "stop_lat"),
    ),
    "routes": Form(
        {"route_type": "integer", "route_sort_order": "integer"}, ("route_id", "route_type"), ("route_id",),
        (Reference("agency_id", (("agency", "agency_id"),), strict=False),),
    ),
    "trips": Form(
        {"direction_id": "integer", "wheelchair_accessible": "integer", "bikes_allowed": "integer"},
        ("route_id", "service_id", "trip_id"), ("trip_id",),
        (_ROUTE, Reference("service_id", (("calendar", "service_id"), ("calendar_dates", "service_id"))),
         Reference("shape_id", (("shapes", "shape_id"),), strict=False)),
    ),
    "stop_times": Form(
        {"arrival_time": "time", "departure_time": "time", "stop_sequence": "integer", "pickup_type": "integer",
         "drop_off_type": "integer", "shape_dist_traveled": "number", "timepoint": "integer",
         "start_pickup_drop_off_window": "time", "end_pickup_drop_off_window": "time"},
        ("trip_id", "stop_id", "stop_sequence"), ("trip_id", "stop_sequence"), (_TRIP, Reference("stop_id", _STOP)),
        others=("location_id", "location_group_id"),
    ),
    "calendar": Form(
        {**dict.fromkeys(_DAYS, _WHOLE), "start_date": "date", "end_date": "date"},
        ("service_id", *_DAYS, "start_date", "end_date"), ("service_id",),
    ),
    "calendar_dates": Form(
        {"date": "date", "exception_type": "integer"}, ("service_id", "date", "exception_type"), ("service_id", "date"),
    ),
    "shapes": Form(
        {"shape_pt_lat": "number", "shape_pt_lon": "number", "shape_pt_sequence": "integer",
         "shape_dist_traveled": "number"},
        ("shape_id", "shape_pt_sequence"), ("shape_id", "shape_pt_sequence"), (), ("shape_pt_lon", "shape_pt_lat"),
    ),
    "frequencies": Form(
        {"start_time": "time", "end_time": "time", "headway_secs": "integer", "exact_times": "integer"},
        ("trip_id", "start_time", "end_time", "headway_secs"), (), (_TRIP,),
    ),
    "transfers": Form(
        {"transfer_type": "integer", "min_transfer_time": "integer"}, (), (),
        (Reference("from_stop_id", _STOP), Reference("to_stop_id", _STOP)),
    ),
    "feed_info": Form({"feed_start_date": "date", "feed_end_date": "date"}, ("feed_publisher_name",)),
    "fare_attributes": Form(
        {"price": "number", "payment_method": "integer", "transfers": "integer", "transfer_duration": "integer"},
        ("fare_id", "price"), ("fare_id",),
    ),
    "fare_rules": Form({}, ("fare_id",), (), (Reference("fare_id", (("fare_attributes", "fare_id"),)),)),
    "pathways": Form(
        {"pathway_mode": "integer", "is_bidirectional": "integer", "length": "number", "traversal_time": "integer",
         "stair_count": "integer", "max_slope": "number", "min_width": "number"},
        ("pathway_id",), ("pathway_id",), (Reference("from_stop_id", _STOP), Reference("to_stop_id", _STOP)),
    ),
    "levels": Form({"level_index": "number"}, ("level_id", "level_index"), ("level_id",)),
    "location_groups": Form({}, ("location_group_id",), ("location_group_id",)),
    "location_group_stops": Form({}, ("location_group_id", "stop_id"), (), (Reference("stop_id", _STOP),)),
    "booking_rules": Form({"booking_type": "integer"}, ("booking_rule_id",), ("booking_rule_id",)),
}  # fmt: skip
