"""How values are written: the patterns by which a column's type is told, as RE2 reads them."""

INTEGER = r"^[+-]?(?:0|[1-9]\d{0,17})$"
DOTTED = r"^[+-]?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$"
# A dot that cannot be a thousands mark.
PLAIN_POINT = r"^[+-]?\d+\.(?:\d{1,2}|\d{4,})$|^[+-]?0\.\d+$"
PLAIN_COMMA = r"^[+-]?\d+,(?:\d{1,2}|\d{4,})$|^[+-]?0,\d+$"
COMMA = r"^[+-]?(?:0|[1-9]\d*),\d+$"
DOT_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$"
COMMA_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$"
SPACE_GROUPS = r"^[+-]?[1-9]\d{0,2}(?:[ \x{00A0}\x{202F}']\d{3})+(?:,\d+)?$"
UNIT = r"^(?P<number>[+-]?\d[\d.,]*)\s?(?P<unit>[%€°a-zA-Zµ²³/]{1,8})$"
GERMAN_DATE = r"^(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})$"
# With two digits each, as `1.2.10` may be the number of a chapter.
SHORT_GERMAN_DATE = r"^(?P<d>\d{2})\.(?P<m>\d{2})\.(?P<y>\d{2})$"
ISO_DATE = r"^(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})$"
PLAIN_DATE = r"^(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})$"
TIME = r"(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:[.,]\d{1,9})?)?(?: ?(?:Uhr|h))?"
ZONE = r"\s?(?P<z>Z|UTC|[+-]\d{2}:?\d{2})?"
GERMAN_TIME = r"^(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}|\d{2}),?\s+" + TIME + r"$"
ISO_TIME = r"^(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})[T ]" + TIME + ZONE + r"$"
TRUE = ("true", "wahr", "ja", "yes", "1", "j", "y", "t", "x")
FALSE = ("false", "falsch", "nein", "no", "0", "n", "f")
PLAIN_BOOLEANS = ("true", "false", "wahr", "falsch")
YES_OR_NO = ("ja", "nein")
# Codes for "not known". They are taken as such when the other values of the column are numbers or dates.
MISSING = (
    "-",
    "–",
    "—",
    ".",
    "..",
    "...",
    "--",
    "---",
    "/",
    "x",
    "k.A.",
    "k. A.",
    "k.a.",
    "n/a",
    "N/A",
    "NA",
    "NaN",
    "nan",
    "null",
    "NULL",
    "None",
    "keine Angabe",
    "unbekannt",
)
CODE_NAME = r"plz|postleit|postcode|postal|zip|schluessel|phone|telefon|(?:^|_)(?:ags|code|key|tel|fax|id|nr|nummer)(?:_|$)"
# Names that tell whole numbers such as 20240131 or 1583932500 to be days or moments.
TIME_NAME = (
    r"(?:^|_)(?:datum|date|tag|day|zeit|zeitpunkt|zeitstempel|time|timestamp|datetime|stand)(?:_|$)|datum$"
)
EPOCH = r"^(?:[89]\d{8}|[1-3]\d{9}|[1-3]\d{12})$"
