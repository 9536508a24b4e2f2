"""Words by which people, offices and places are told apart. Compiled by us; a list of facts, not of anybody's data."""

from __future__ import annotations

from pathlib import Path

FIRST_NAMES = frozenset((Path(__file__).parent / "first_names.txt").read_text(encoding="utf-8").split())

INSTITUTIONS = (
    "schule|gymnasium|kita|kindergarten|hort|universität|hochschule|verein|e\\.v\\.|gmbh|ag\\b|kg\\b|stadt|amt\\b|büro|"
    "praxis|apotheke|klinik|krankenhaus|pflege|heim|zentrum|haus\\b|kirche|gemeinde|stiftung|museum|theater|bibliothek|"
    "bad\\b|halle|park\\b|platz|straße|strasse|str\\.|weg\\b|allee|gasse|ring\\b|ufer|brücke|turm|station|haltestelle|"
    "bahnhof|markt|hotel|restaurant|café|bäckerei|werk\\b|club|institut|fachdienst|dezernat|partei|liste\\b|bündnis"
)
"""What stands in names of institutions, streets and places, as a regular expression for lower-case text."""

ROLE_MAILBOXES = (
    r"^(?:info|kontakt|contact|post|poststelle|mail|email|office|buero|sekretariat|verwaltung|service|presse|team|"
    r"hallo|anfrage|zentrale|rathaus|stadt|leitung|schulleitung|schule|kita|hort|gs|rs|gym|praxis|redaktion|support|"
    r"webmaster|datenschutz|vorstand|verein|buergerservice|opendata|noreply|no-reply|empfang|anmeldung|beratung)"
    r"(?:[._-].*)?@"
)
FREE_MAIL = r"@(?:gmx|web|gmail|googlemail|t-online|freenet|yahoo|hotmail|outlook|live|icloud|posteo|mailbox|aol|arcor)\."

PERSON_COLUMN = (
    r"(?:^|_)(?:vorname\w*|nachname\w*|familienname\w*|rufname|geburtsname|zuname|firstname|first_name|lastname|last_name|"
    r"surname|ansprechpartner\w*|inhaber\w*|eigentuemer\w*|antragsteller\w*|sachbearbeiter\w*|mieter\w*|bewohner\w*|"
    r"patient\w*|schueler\w*name|mitarbeiter\w*|kontaktperson|person|halter\w*|melder\w*|kunde\w*|kundin|teilnehmer\w*|"
    r"betreuer\w*|name_vorname|vor_und_nachname|vollname|full_?name|owner_name|contact_person)(?:_|$)"
)
NAME_COLUMN = r"name(?:_|$|\b)"
BIRTH_COLUMN = r"geburts?_?(?:datum|tag)|geb_?(?:datum|dat|am)\b|(?:^|_)geb(?:_|$)|geboren|birth_?(?:date|day)|date_of_birth|(?:^|_)dob(?:_|$)"
TAX_COLUMN = r"steuer_?(?:id|identifikation|nummer|ident)|(?:^|_)(?:idnr|tin|stid)(?:_|$)|tax_?id"
HEALTH_COLUMN = r"krankenvers|versicherten_?(?:nr|nummer)|(?:^|_)kvnr(?:_|$)"
PHONE_COLUMN = r"telefon|(?:^|_)(?:tel|phone|handy|mobil\w*|fax|rufnummer)(?:_|$)"
PLATE_COLUMN = r"kennzeichen|nummernschild|license_?plate|number_?plate"
ADDRESS_COLUMN = r"anschrift|adresse|address|wohnort|(?:^|_)(?:strasse|str)_?(?:hausnr|hnr|hausnummer)"
COORDINATE_COLUMN = r"(?:^|_)(?:lon|lat|lng|longitude|latitude|laengengrad|breitengrad)(?:_|$)"
QUASI_COLUMNS = {
    "age": rf"(?:^|_)(?:alter|age|lebensalter|geburtsjahr|birth_?year|jahrgang)(?:_|$)|{BIRTH_COLUMN}",
    "sex": r"(?:^|_)(?:geschlecht|sex|gender|anrede)(?:_|$)",
    "place": r"(?:^|_)(?:plz|postleitzahl|stadtteil|ortsteil|bezirk|wohnort|wohnbezirk|postcode|zip)(?:_|$)",
    "origin": r"staatsangeh|nationalit|herkunft|geburtsort|geburtsland|citizenship|nationality",
    "work": r"(?:^|_)(?:beruf|taetigkeit|profession|occupation|arbeitgeber)(?:_|$)",
    "family": r"familienstand|(?:^|_)(?:kinder|anzahl_kinder|marital\w*)(?:_|$)",
    "belief": r"religion|konfession",
    "health": r"diagnose|(?:^|_)icd|pflegegrad|behinderung|krankheit",
}
COUNT_COLUMN = (
    r"(?:^|_)(?:anzahl|summe|gesamt|insgesamt|count|faelle|einwohner|personen|bevoelkerung|haushalte)(?:_|$)"
)
