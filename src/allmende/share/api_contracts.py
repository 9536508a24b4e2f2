"""`/api/v1/contracts`: what each dataset promises of its rows."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from allmende.errors import RecipeInvalid
from allmende.share import contracts
from allmende.share.given import GivenPrincipal, GivenReads
from allmende.share.pinned import pinned
from allmende.share.shape import API, Json

_FORMATS = ("json-schema", "table-schema")


@get("/contracts", sync_to_thread=True)
def list_contracts(reads: GivenReads, principal: GivenPrincipal) -> Json:
    """All contracts you may see. `fingerprint` stays as it is until names, types, units, bounds or the key change."""
    return {
        "contracts": [
            {
                "dataset": view.dataset.id,
                "version": view.version.number,
                "mode": view.dataset.contract,
                "columns": len(view.columns),
                "fingerprint": contracts.fingerprint(view),
                "address": f"{API}/contracts/{view.dataset.id}",
            }
            for view in reads.datasets(principal)
            if view.version is not None
        ]
    }


@get("/contracts/{name:str}", sync_to_thread=True)
def read_contract(
    request: Request[Any, Any, Any],
    reads: GivenReads,
    principal: GivenPrincipal,
    name: str,
    format: str = "json-schema",
) -> Response[Json]:
    """The contract of a dataset, `trees@3` as it was: JSON Schema of its rows here, or Table Schema of its CSV."""
    if format not in _FORMATS:
        raise RecipeInvalid(
            f"there is no format {format[:20]!r}", where="format", hint=f"There are: {', '.join(_FORMATS)}."
        )
    view = reads.dataset(principal, *pinned(name))
    if format == "table-schema":
        return Response(contracts.table_schema(view), media_type="application/json")
    address = f"{str(request.base_url).rstrip('/')}{API}/contracts/{view.pin or view.dataset.id}"
    return Response(contracts.json_schema(view, address), media_type="application/schema+json")


CONTRACT_ROUTES = (list_contracts, read_contract)
