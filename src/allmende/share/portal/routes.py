"""All pages on one list. The web app mounts it twice: German at `/`, English below `/en`."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from allmende.share.portal.assets import asset
from allmende.share.portal.pages.agreement import agreement_example
from allmende.share.portal.pages.catalogues import catalogues
from allmende.share.portal.pages.city_map import map_page
from allmende.share.portal.pages.closed import closed_register
from allmende.share.portal.pages.contribute import (
    contribute,
    contribution_form,
    give_contribution,
    own_contribution,
)
from allmende.share.portal.pages.data import dataset, datasets
from allmende.share.portal.pages.datastream import datastream
from allmende.share.portal.pages.datastream_value import mean, value
from allmende.share.portal.pages.districts import district, districts
from allmende.share.portal.pages.goals import goal, goals
from allmende.share.portal.pages.home import home
from allmende.share.portal.pages.knowledge import knowledge, story
from allmende.share.portal.pages.legal import accessibility, imprint, privacy, report_barrier
from allmende.share.portal.pages.machines import news, robots, sitemap
from allmende.share.portal.pages.open_id import from_service, to_service
from allmende.share.portal.pages.passport import compute_again, passport
from allmende.share.portal.pages.search import search
from allmende.share.portal.pages.sign_in import (
    password_form,
    set_password,
    sign_in,
    sign_in_form,
    sign_out,
)
from allmende.share.portal.pages.state import state
from allmende.share.portal.pages.things import thing, things
from allmende.share.portal.pages.wishes import make_wish, own_wish, wishes
from allmende.share.portal.pages.workshop.agreements import (
    agreement_form,
    agreement_page,
    agreements,
    change_agreement,
    make_agreement,
)
from allmende.share.portal.pages.workshop.begin import begin, begin_form
from allmende.share.portal.pages.workshop.dataset import change_dataset, workshop_dataset
from allmende.share.portal.pages.workshop.describe import describe, describe_form
from allmende.share.portal.pages.workshop.overview import workshop
from allmende.share.portal.pages.workshop.people import change_people, people
from allmende.share.portal.pages.workshop.release import act, release
from allmende.share.portal.pages.workshop.uploads import begin_upload, drop_upload, take_piece, upload_state
from allmende.share.portal.pages.workshop.wishes import (
    answer_wish,
    contributions_desk,
    decide_contributions,
    wishes_desk,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    home, knowledge, story, goals, goal, districts, district, datasets, dataset, map_page, search, passport,
    compute_again, things, thing, datastream, value, mean, state, imprint, privacy, accessibility, report_barrier, robots, sitemap, news, asset,
    closed_register, to_service, from_service, sign_in_form, sign_in, sign_out, password_form, set_password, workshop, begin_form, begin, release, act,
    describe_form, describe, workshop_dataset, change_dataset, people, change_people,
    agreement_example, agreements, agreement_form, make_agreement, agreement_page, change_agreement,
    wishes, make_wish, own_wish, contribute, contribution_form, give_contribution, own_contribution,
    wishes_desk, answer_wish, contributions_desk, decide_contributions,
    catalogues,
    begin_upload, upload_state, take_piece, drop_upload,
)  # fmt: skip
