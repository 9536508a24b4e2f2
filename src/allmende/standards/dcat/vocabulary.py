"""The controlled vocabularies that DCAT-AP 3.0 and DCAT-AP.de 3.0 ask for, as far as we use them.

Publications Office of the EU: file types, frequencies, languages, access rights, data themes, planned availability,
categories of high-value data (regulation (EU) 2023/138). GovData: licences, political geocoding.
"""

from __future__ import annotations

from collections.abc import Mapping

from allmende.model.access import Access
from allmende.model.source import Schedule

EU = "http://publications.europa.eu/resource/authority/"
LANGUAGES = {"de": f"{EU}language/DEU", "en": f"{EU}language/ENG"}
FILE_TYPES: Mapping[str, str] = {
    "csv": f"{EU}file-type/CSV",
    "xlsx": f"{EU}file-type/XLSX",
    "json": f"{EU}file-type/JSON",
    "geojson": f"{EU}file-type/GEOJSON",
    "parquet": f"{EU}file-type/PARQUET",
}
MEDIA = "http://www.iana.org/assignments/media-types/"
FREQUENCIES: Mapping[Schedule, str] = {
    "once": f"{EU}frequency/UNKNOWN",
    "every 10 minutes": f"{EU}frequency/UPDATE_CONT",
    "hourly": f"{EU}frequency/HOURLY",
    "daily": f"{EU}frequency/DAILY",
    "weekly": f"{EU}frequency/WEEKLY",
    "monthly": f"{EU}frequency/MONTHLY",
    "yearly": f"{EU}frequency/ANNUAL",
}
ACCESS: Mapping[Access, str] = {
    Access.OPEN: f"{EU}access-right/PUBLIC",
    Access.COMMERCIAL: f"{EU}access-right/RESTRICTED",
    Access.PROTECTED: f"{EU}access-right/RESTRICTED",
    Access.INTERNAL: f"{EU}access-right/NON_PUBLIC",
}
STABLE = f"{EU}planned-availability/STABLE"
LICENCES: Mapping[str, str] = {
    "dl-de/by-2-0": "dl-by-de/2.0",
    "dl-de/zero-2-0": "dl-zero-de/2.0",
    "cc-by-4.0": "cc-by/4.0",
    "cc-by-3.0": "cc-by/3.0",
    "cc-by-sa-4.0": "cc-by-sa/4.0",
    "cc-by-nc-4.0": "cc-by-nc/4.0",
    "cc-by-nd-4.0": "cc-by-nd/4.0",
    "cc0-1.0": "cc-zero",
    "odbl-1.0": "odbl",
    "geonutzv": "geonutz/20130319",
    "mit": "mit",
    "apache-2.0": "apache",
}
LICENCE = "http://dcat-ap.de/def/licenses/"
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
HVD_LAW = "http://data.europa.eu/eli/reg_impl/2023/138/oj"
HVD: Mapping[str, str] = {
    "geospatial": "http://data.europa.eu/bna/c_ac64a52d",
    "earth": "http://data.europa.eu/bna/c_dd313021",
    "weather": "http://data.europa.eu/bna/c_164e0bf5",
    "statistics": "http://data.europa.eu/bna/c_e1da4e07",
    "companies": "http://data.europa.eu/bna/c_a9135398",
    "mobility": "http://data.europa.eu/bna/c_b79e35eb",
}
THEMES = (
    "AGRI",
    "ECON",
    "EDUC",
    "ENER",
    "ENVI",
    "GOVE",
    "HEAL",
    "INTR",
    "JUST",
    "REGI",
    "SOCI",
    "TECH",
    "TRAN",
)
