"""What somebody can work out from published tables: the least and the most that a hidden cell can be.

Every published sum is an equation, every hidden cell at least 0. Linear programming gives the bounds; the solver is
HiGHS. It is used to prove a plan before it is published, and by the tests to attack it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from allmende.guard.disclosure.cube import Cube, Flags

Terms = Mapping[Hashable, float]


@dataclass
class Known:
    """Equations between hidden quantities: each is a sum of terms that equals a number."""

    equations: list[tuple[dict[Hashable, float], float]] = field(default_factory=list)
    lower: dict[Hashable, float] = field(default_factory=dict)
    upper: dict[Hashable, float] = field(default_factory=dict)

    def add(self, terms: Terms, equals: float) -> None:
        """Know one more equation."""
        if terms:
            self.equations.append((dict(terms), equals))

    def add_cube(
        self, cube: Cube, hidden: Flags, read: Mapping[Hashable, float] = MappingProxyType({})
    ) -> None:
        """Know all sums of a published cube; cells of the same name are the same in every cube, and known when
        they can be `read` in another."""
        for parts, total in cube.lines(hidden):
            terms: dict[Hashable, float] = {}
            equals = 0.0
            for index, sign in (*((part, 1.0) for part in parts), (total, -1.0)):
                name = cube.name(index)
                if hidden[index] and name in read:
                    equals -= sign * read[name]
                elif hidden[index]:
                    terms[name] = terms.get(name, 0.0) + sign
                else:
                    equals -= sign * cube.values[index]
            self.add(terms, equals)

    def names(self) -> tuple[Hashable, ...]:
        """All hidden quantities of which something is known."""
        return tuple(dict.fromkeys(name for terms, _ in self.equations for name in terms))


def bounds(known: Known, wanted: Iterable[Terms]) -> list[tuple[float, float]]:
    """The least and the most that each wanted sum of hidden quantities can be."""
    # Only who publishes protected tables needs the solver and its memory.
    import highspy

    names = {name: number for number, name in enumerate(known.names())}
    solver = _model(highspy, known, names)
    found = []
    for terms in wanted:
        unknown = [name for name in terms if name not in names]
        if unknown:
            found.append((sum(known.lower.get(n, 0.0) for n in terms), float("inf")))
            continue
        costs = np.zeros(len(names))
        for name, factor in terms.items():
            costs[names[name]] = factor
        least, most = (_solve(highspy, solver, sign * costs) for sign in (1.0, -1.0))
        found.append((least, -most))
    return found


def _model(highspy: Any, known: Known, names: Mapping[Hashable, int]) -> Any:
    solver = highspy.Highs()
    for option in ("output_flag", "log_to_console"):
        solver.setOptionValue(option, False)
    for name in names:
        solver.addVar(known.lower.get(name, 0.0), known.upper.get(name, highspy.kHighsInf))
    for terms, equals in known.equations:
        columns = np.array([names[name] for name in terms], dtype=np.int32)
        solver.addRow(equals, equals, len(columns), columns, np.array(list(terms.values())))
    return solver


def _solve(highspy: Any, solver: Any, costs: Any) -> float:
    """The least value of a sum; minus infinity when it has none."""
    numbers = np.arange(len(costs), dtype=np.int32)
    solver.changeColsCost(len(costs), numbers, costs)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return float(solver.getInfo().objective_function_value)
    return float("-inf")


def revealed(
    cubes: Sequence[tuple[Cube, Flags]],
    truth: Mapping[Hashable, float],
    protection: float,
    needs: Mapping[Hashable, float] = MappingProxyType({}),
    read: Mapping[Hashable, float] = MappingProxyType({}),
) -> dict[Hashable, tuple[float, float]]:
    """Hidden cells that can be told to within `protection` (or to less than their own need), with their bounds.

    Who attacks knows the method, too: nothing that is 0 is ever left out, so a hidden count is 1 at least. What can
    be `read` in another table is known.
    """
    known = Known()
    for cube, hidden in cubes:
        known.add_cube(cube, hidden, read)
    if all(value == round(value) for value in truth.values()):
        known.lower = dict.fromkeys(known.names(), 1.0)
    heard_of = set(known.names())
    names = [name for name in truth if name in heard_of]
    found = bounds(known, [{name: 1.0} for name in names])
    told = {}
    for name, (low, high) in zip(names, found, strict=True):
        far = max(protection + 1e-6, needs.get(name, 0.0) - 1e-6)
        if high <= truth[name] + far and low >= truth[name] - far:
            told[name] = (low, high)
    return told
