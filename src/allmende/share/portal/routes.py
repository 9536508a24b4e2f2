"""All pages on one list. The web app mounts it twice: German at `/`, English below `/en`."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from allmende.share.portal.assets import asset
from allmende.share.portal.pages.city_map import map_page
from allmende.share.portal.pages.data import dataset, datasets
from allmende.share.portal.pages.datastream import datastream
from allmende.share.portal.pages.datastream_value import mean, value
from allmende.share.portal.pages.districts import district, districts
from allmende.share.portal.pages.goals import goal, goals
from allmende.share.portal.pages.home import home
from allmende.share.portal.pages.knowledge import knowledge, story
from allmende.share.portal.pages.legal import accessibility, imprint, privacy, report_barrier
from allmende.share.portal.pages.machines import robots, sitemap
from allmende.share.portal.pages.passport import compute_again, passport
from allmende.share.portal.pages.search import search
from allmende.share.portal.pages.state import state
from allmende.share.portal.pages.things import thing, things

ROUTES: tuple[ControllerRouterHandler, ...] = (
    home, knowledge, story, goals, goal, districts, district, datasets, dataset, map_page, search, passport,
    compute_again, things, thing, datastream, value, mean, state, imprint, privacy, accessibility, report_barrier, robots, sitemap, asset,
)  # fmt: skip
