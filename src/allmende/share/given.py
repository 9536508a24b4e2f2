"""What handlers are given by name: annotate a parameter with one of these and it is there."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from allmende.model.access import Principal
from allmende.model.city import City
from allmende.model.text import Language
from allmende.ports import Clock, Desk, Recompute, Store, Uploads
from allmende.share.contributing import Contributing
from allmende.share.digests import Digests
from allmende.share.draw.drawings import Drawings
from allmende.share.metering import Meter
from allmende.share.people.forms import Form
from allmende.share.people.open_forms import OpenForms
from allmende.share.people.openid import OpenId
from allmende.share.people.signing_in import SignedIn, SigningIn
from allmende.share.reads import Reads
from allmende.share.wishing import Wishing

# Ports are protocols: what stands behind them was wired by us and is not checked again.
GivenReads = NamedDependency[Reads]
GivenPrincipal = NamedDependency[Principal]
GivenCity = NamedDependency[City]
GivenLanguage = NamedDependency[Language]
GivenClock = NamedDependency[SkipValidation[Clock]]
GivenStore = NamedDependency[SkipValidation[Store]]
GivenDrawings = NamedDependency[Drawings]
GivenRecompute = NamedDependency[SkipValidation[Recompute | None]]
GivenMeter = NamedDependency[Meter]
GivenDigests = NamedDependency[Digests]
GivenSigningIn = NamedDependency[SigningIn]
GivenSigned = NamedDependency[SignedIn]
"""Who signed in; the handler is not reached without."""
GivenForm = NamedDependency[SkipValidation[Form]]
"""What such a person sent from our own page; the handler is not reached with anything else."""
GivenDesk = NamedDependency[SkipValidation[Desk]]
GivenUploads = NamedDependency[SkipValidation[Uploads]]
GivenOpenId = NamedDependency[SkipValidation[OpenId | None]]
GivenOpenForms = NamedDependency[OpenForms]
GivenWishing = NamedDependency[Wishing]
GivenContributing = NamedDependency[Contributing]
