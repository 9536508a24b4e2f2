"""Pages of things, datastreams and what describes them: what a Query asks for, as SQL.

Geometry is compared by shapely, not by the database: the box around every geometry narrows the
candidates in SQL, what remains becomes a set of ids. So both databases give the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select

from allmende.errors import RecipeInvalid
from allmende.model.query import (
    LOGICAL,
    Call,
    Constant,
    Expression,
    OneOf,
    Path,
    Query,
    both,
    constant,
    parts,
)
from allmende.store.clauses import Clauses, relations_of
from allmende.store.fields import FIELDS, OWNERS, RELATIONS, ROOTS, TABLES
from allmende.store.geometry import GEOMETRIC, TOUCHING, always, check_geometric, fulfils
from allmende.store.thing_rows import KINDS
from allmende.store.things import add_links
from allmende.store.visibility import Classes, visible


class SqlQuerying:
    """Reads things of classes that a reader may see; the gate says which classes these are."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def read(self, query: Query, classes: Classes) -> tuple[Any, ...]:
        """A page of values, in order. Raises RecipeInvalid for what cannot be asked."""
        with self._engine.connect() as db:
            source = ROOTS[query.kind]
            statement = self._where(db, select(source), source, query, classes)
            clauses = self._clauses(db, query.kind, source, classes)
            statement = statement.order_by(*clauses.orders(query.order), source.c.id)
            rows = db.execute(statement.limit(query.top).offset(query.skip)).mappings()
            return self._values(db, query.kind, [dict(row) for row in rows])

    def count(self, query: Query, classes: Classes) -> int:
        """How many there are, on all pages."""
        with self._engine.connect() as db:
            source = ROOTS[query.kind]
            statement = self._where(db, select(func.count()).select_from(source), source, query, classes)
            return db.scalar(statement) or 0

    def related(
        self, kind: str, relation: str, ids: Sequence[int], query: Query, classes: Classes
    ) -> dict[int, tuple[Any, ...]]:
        """For each id of `kind` the page of what is related to it: one statement for all."""
        link = RELATIONS[kind][relation]
        with self._engine.connect() as db:
            mine, theirs = OWNERS[kind], ROOTS[link.kind]
            clauses = self._clauses(db, link.kind, theirs, classes)
            order = (*clauses.orders(query.order), theirs.c.id)
            place = func.row_number().over(partition_by=mine.c.id, order_by=order).label("place")
            pairs = select(mine.c.id.label("owner_id"), theirs, place)
            pairs = pairs.where(link.joins(mine, theirs), mine.c.id.in_(ids))
            pairs = self._where(db, pairs, theirs, replace(query, of=None), classes)
            page = pairs.subquery()
            wanted = (page.c.place > query.skip) & (page.c.place <= query.skip + query.top)
            statement = select(page).where(wanted).order_by(page.c.owner_id, page.c.place)
            rows = [dict(row) for row in db.execute(statement).mappings()]
            values = self._values(db, link.kind, rows)
        found: dict[int, list[Any]] = {id_: [] for id_ in ids}
        for row, value in zip(rows, values, strict=True):
            found[row["owner_id"]].append(value)
        return {id_: tuple(several) for id_, several in found.items()}

    def related_counts(
        self, kind: str, relation: str, ids: Sequence[int], query: Query, classes: Classes
    ) -> dict[int, int]:
        """For each id of `kind` how many are related to it, on all pages."""
        link = RELATIONS[kind][relation]
        with self._engine.connect() as db:
            mine, theirs = OWNERS[kind], ROOTS[link.kind]
            pairs = select(mine.c.id, func.count()).where(link.joins(mine, theirs), mine.c.id.in_(ids))
            statement = self._where(db, pairs, theirs, replace(query, of=None), classes)
            return {row[0]: row[1] for row in db.execute(statement.group_by(mine.c.id))}

    def ids(self, kind: str, where: Expression | None, classes: Classes) -> frozenset[int]:
        """The ids of everything of a kind that fulfils a condition."""
        with self._engine.connect() as db:
            source = ROOTS[kind]
            query = Query(kind, where)
            return frozenset(db.scalars(self._where(db, select(source.c.id), source, query, classes)))

    def localise(self, where: Expression | None, classes: Classes) -> Expression | None:
        """A condition on observations with everything about related things turned into sets of ids.

        What is left can be asked of hot rows and of the history alike. Raises RecipeInvalid for a
        comparison of an observation's own value with one of its datastream.
        """
        if where is None:
            return None
        if isinstance(where, Call) and where.name in LOGICAL:
            inner = tuple(self.localise(operand, classes) for operand in where.operands)
            return replace(where, operands=tuple(part for part in inner if part is not None))
        paths = [part for part in parts(where) if isinstance(part, Path)]
        prefixes = {relations_of("observation", path)[0][:1] for path in paths}
        if prefixes <= {()}:
            return where
        if len(prefixes) > 1:
            raise RecipeInvalid(
                "a value cannot be compared with a field of its datastream or feature",
                where=f"character {getattr(where, 'position', 0)}",
            )
        ((name,),) = prefixes
        link = RELATIONS["observation"][name]
        narrowed = [Call("eq", (Path((field,)), constant(value))) for field, value in link.only]
        found = self.ids(link.kind, both(_without_first(where), *narrowed), classes)
        return OneOf(Path((link.mine,)), found)

    # --- parts ---

    def _clauses(self, db: Connection, kind: str, source: Any, classes: Classes) -> Clauses:
        return Clauses(kind, source, db.dialect.name, self._now(), classes)

    def _where(
        self, db: Connection, statement: Select[Any], source: Any, query: Query, classes: Classes
    ) -> Select[Any]:
        statement = statement.where(visible(query.kind, source, classes))
        if query.of is not None:
            statement = statement.where(_belongs(query.kind, source, *query.of))
        if query.where is not None:
            condition = self._placed(db, query.kind, query.where, classes)
            statement = statement.where(self._clauses(db, query.kind, source, classes).condition(condition))
        return statement

    def _placed(self, db: Connection, kind: str, part: Expression, classes: Classes) -> Expression:
        """Comparisons of geometry as sets of ids, everything else as it was."""
        if not isinstance(part, Call):
            return part
        geometric = any(isinstance(inner, Call) and inner.name in GEOMETRIC for inner in parts(part))
        if not geometric:
            return part
        if part.name in LOGICAL:
            inner = (self._placed(db, kind, operand, classes) for operand in part.operands)
            return replace(part, operands=tuple(inner))
        return self._geometry(db, kind, part, classes)

    def _geometry(self, db: Connection, kind: str, part: Call, classes: Classes) -> Expression:
        paths = [inner for inner in parts(part) if isinstance(inner, Path)]
        check_geometric(part)
        if not paths:
            return constant(always(part))
        if len(paths) != 1:
            raise RecipeInvalid("geometry is compared with one field", where=f"character {part.position}")
        prefix, target = relations_of(kind, paths[0])
        field = paths[0].steps[len(prefix)]
        if FIELDS[target][field] != "geometry":
            raise RecipeInvalid(f"{field!r} is not a place", where=f"character {paths[0].position}")
        table = TABLES[target]
        statement = select(table.c.id, table.c[field]).where(visible(target, table, classes))
        if (box := _narrowing(part)) is not None and "west" in table.c:
            west, south, east, north = box
            statement = statement.where(
                table.c.west <= east, table.c.east >= west, table.c.south <= north, table.c.north >= south
            )
        ids = [row.id for row in db.execute(statement) if fulfils(part, _shape(row[1]))]
        return OneOf(Path((*prefix, "id")), frozenset(ids))

    def _values(self, db: Connection, kind: str, rows: list[dict[str, Any]]) -> tuple[Any, ...]:
        shape = KINDS[kind]  # type: ignore[index]
        add_links(db, shape, rows)
        return tuple(shape.value_of(row) for row in rows)


def _belongs(kind: str, source: Any, owner: str, id_: int) -> ColumnElement[bool]:
    """The condition that a row is related to one other; `owner` is `kind.relation` of that other."""
    owner_kind, _, relation = owner.partition(".")
    link = RELATIONS[owner_kind][relation]
    mine = OWNERS[owner_kind]
    related = select(mine.c.id).where(mine.c.id == id_, link.joins(mine, source))
    return related.exists()


def _without_first(part: Expression) -> Expression:
    """The same condition, asked of the thing that the first step of its paths leads to."""
    if isinstance(part, Path):
        return replace(part, steps=part.steps[1:])
    if isinstance(part, Call):
        return replace(part, operands=tuple(_without_first(inner) for inner in part.operands))
    return part


def _narrowing(part: Call) -> tuple[float, float, float, float] | None:
    """The box that a geometry has to touch to fulfil a condition; None when any may."""
    if part.name not in TOUCHING:
        return None
    constants = [inner for inner in parts(part) if isinstance(inner, Constant) and inner.kind == "geometry"]
    if len(constants) != 1:
        return None
    west, south, east, north = shapely.from_wkt(str(constants[0].value)).bounds
    return west, south, east, north


def _shape(geometry: Any) -> Any:
    """A kept GeoJSON geometry or feature as a shape; None for what is neither."""
    value = geometry.get("geometry", geometry) if isinstance(geometry, dict) else None
    if value is None:
        return None
    try:
        return shapely.from_geojson(json.dumps(value))
    except (shapely.errors.ShapelyError, ValueError):
        return None
