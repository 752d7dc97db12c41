"""Which law and which zones an address or a number points to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Member states: one common pack, the state on top."""

ALONE = frozenset({"CN", "US", "GB", "AU", "CA", "IN", "HK", "SG", "ZA", "BR"})
"""Countries whose law we hold under their own name."""

NEW_YORK_CITY = frozenset(
    {"new york", "new york city", "nyc", "manhattan", "brooklyn", "bronx", "the bronx", "queens",
     "staten island"}
)  # fmt: skip
"""City law applies in the five boroughs (6 RCNY 5-76 and following)."""

_EASTERN, _CENTRAL = "America/New_York", "America/Chicago"
_MOUNTAIN, _PACIFIC = "America/Denver", "America/Los_Angeles"

_US: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("CT", "DC", "DE", "GA", "MA", "MD", "ME", "NC", "NH", "NJ", "NY", "OH", "PA", "RI", "SC",
         "VA", "VT", "WV"),
        (_EASTERN,),
    ),
    **dict.fromkeys(("AL", "AR", "IA", "IL", "LA", "MN", "MO", "MS", "OK", "WI"), (_CENTRAL,)),
    **dict.fromkeys(("CO", "MT", "NM", "UT", "WY"), (_MOUNTAIN,)),
    **dict.fromkeys(("CA", "WA"), (_PACIFIC,)),
    **dict.fromkeys(("FL", "TN"), (_EASTERN, _CENTRAL)),
    **dict.fromkeys(("KS", "ND", "NE", "SD", "TX"), (_CENTRAL, _MOUNTAIN)),
    "AK": ("America/Anchorage", "America/Adak"),
    "AZ": ("America/Phoenix", _MOUNTAIN),
    "HI": ("Pacific/Honolulu",),
    "ID": (_MOUNTAIN, _PACIFIC),
    "IN": ("America/Indiana/Indianapolis", _CENTRAL),
    "KY": (_EASTERN, _CENTRAL),
    "MI": ("America/Detroit", _CENTRAL),
    "NV": (_PACIFIC, _MOUNTAIN),
    "OR": (_PACIFIC, _MOUNTAIN),
    "GU": ("Pacific/Guam",),
    "PR": ("America/Puerto_Rico",),
    "VI": ("America/St_Thomas",),
}  # fmt: skip
"""Every zone in use in a state: where two are possible, both count."""

_AU: dict[str, tuple[str, ...]] = {
    "ACT": ("Australia/Sydney",),
    "NSW": ("Australia/Sydney", "Australia/Broken_Hill"),
    "NT": ("Australia/Darwin",),
    "QLD": ("Australia/Brisbane",),
    "SA": ("Australia/Adelaide",),
    "TAS": ("Australia/Hobart",),
    "VIC": ("Australia/Melbourne",),
    "WA": ("Australia/Perth",),
}

_CA: dict[str, tuple[str, ...]] = {
    "AB": ("America/Edmonton",),
    "BC": ("America/Vancouver", "America/Edmonton"),
    "MB": ("America/Winnipeg",),
    "NB": ("America/Moncton",),
    "NL": ("America/St_Johns", "America/Goose_Bay"),
    "NS": ("America/Halifax",),
    "ON": ("America/Toronto", "America/Winnipeg"),
    "PE": ("America/Halifax",),
    "QC": ("America/Toronto", "America/Halifax"),
    "SK": ("America/Regina",),
    "YT": ("America/Whitehorse",),
}

_BR: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("AL", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "PA", "PB", "PE", "PI", "PR", "RJ",
         "RN", "RS", "SC", "SE", "SP", "TO"),
        ("America/Sao_Paulo",),
    ),
    **dict.fromkeys(("AM", "MS", "MT", "RO", "RR"), ("America/Manaus",)),
    "AC": ("America/Rio_Branco",),
}  # fmt: skip

_REGIONS = {"US": _US, "AU": _AU, "CA": _CA, "BR": _BR}

_FURTHER_PARTS: dict[str, frozenset[str]] = {
    "US": frozenset({"NYC"}),
    "GB": frozenset({"ENG", "WLS", "SCT", "NIR"}),
}
"""Parts with a law of their own that are no region of an address."""

_WITHIN = {"NYC": "NY"}
"""Cities with a law of their own, each with the region around it."""

_ONE_ZONE = {
    "CN": "Asia/Shanghai",
    "GB": "Europe/London",
    "HK": "Asia/Hong_Kong",
    "IN": "Asia/Kolkata",
    "SG": "Asia/Singapore",
    "ZA": "Africa/Johannesburg",
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GR": "Europe/Athens",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IT": "Europe/Rome",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
}

_TWO_ZONES = {
    "ES": ("Europe/Madrid", "Atlantic/Canary"),
    "PT": ("Europe/Lisbon", "Atlantic/Azores"),
}

_SCOTLAND = re.compile(r"(?:AB|DD|DG|EH|FK|G|HS|IV|KA|KW|KY|ML|PA|PH|TD|ZE)[0-9]", re.ASCII)
_WALES = re.compile(r"(?:CF|LD|LL|NP|SA)[0-9]", re.ASCII)
_NORTHERN_IRELAND = re.compile(r"BT[0-9]", re.ASCII)

_UK_REGIONS = {
    "england": "ENG", "eng": "ENG", "wales": "WLS", "wls": "WLS", "scotland": "SCT", "sct": "SCT",
    "northern ireland": "NIR", "nir": "NIR",
}  # fmt: skip


def law_of(
    country: str, region: str | None, city: str | None, postcode: str | None
) -> tuple[str, str | None] | None:
    """Answer the jurisdiction and its part that an address is under; None if we hold no law there.

    A part is a US or Australian state, ``NYC``, a Canadian province, a UK country or an EU member.
    """
    if country in EU:
        return "EU", country
    if country not in ALONE:
        return None
    part = region.strip().upper() if region else None
    match country:
        case "GB":
            return country, _uk_part(region, postcode)
        case "US" if part == "NY" and city and city.strip().lower() in NEW_YORK_CITY:
            return country, "NYC"
        case "US" | "AU" | "CA" | "BR":
            return country, part if part in _REGIONS[country] else None
        case _:
            return country, None


def _uk_part(region: str | None, postcode: str | None) -> str | None:
    if region and (part := _UK_REGIONS.get(region.strip().lower())):
        return part
    code = (postcode or "").strip().upper()
    if not code:
        return None
    for pattern, part in ((_SCOTLAND, "SCT"), (_WALES, "WLS"), (_NORTHERN_IRELAND, "NIR")):
        if pattern.match(code):
            return part
    return "ENG"


def regions_of(country: str) -> frozenset[str]:
    """Answer the codes that ``region`` may have where law or zone depends on it; else none."""
    return frozenset(_REGIONS.get(country, {}))


def zones_of_address(country: str, region: str | None) -> tuple[str, ...]:
    """Answer every IANA zone an address may lie in; none when the region decides and is missing."""
    if known := _REGIONS.get(country):
        return known.get(region.strip().upper(), ()) if region else ()
    if zone := _ONE_ZONE.get(country):
        return (zone,)
    return _TWO_ZONES.get(country, ())


def zones_of_phone(e164: str) -> tuple[str, ...]:
    """Answer every IANA zone a number points to; for unallotted numbers that of its country.

    A free-phone number says nothing about where somebody lives.
    """
    number = phonenumbers.parse(e164)
    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.TOLL_FREE:
        return ()
    found = tuple(zone for zone in timezone.time_zones_for_number(number) if zone != "Etc/Unknown")
    if found:
        return found
    country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return zones_of_address(country, None)


def parts_of(country: str) -> frozenset[str]:
    """Answer the parts of a country whose law differs, as ``NYC``, ``ON`` or ``SCT``; else none."""
    return regions_of(country) | _FURTHER_PARTS.get(country, frozenset())


def moved_to(country: str) -> tuple[str, str | None] | None:
    """Answer the law and its part of ``DE`` or ``US-CA``; None if we hold no law there."""
    code, _, region = country.partition("-")
    if region in _FURTHER_PARTS.get(code, frozenset()):
        return code, region
    return law_of(code, region or None, None, None)


def zones_of_move(country: str | None, zone: str | None) -> tuple[str, ...]:
    """Every zone where somebody who moved may be: the one they named, else all of the country's."""
    if zone:
        return (zone,)
    code, _, region = (country or "").partition("-")
    return _zones_of_part(code, region or None) if code else ()


def _zones_of_part(country: str, part: str | None) -> tuple[str, ...]:
    """All zones of a part, or of the country where no part is named."""
    if country in _REGIONS:
        named = (_WITHIN.get(part, part),) if part else sorted(_REGIONS[country])
        return all_zones(_REGIONS[country].get(name, ()) for name in named)
    return zones_of_address(country, None)


def laws_of_move(
    home: tuple[str, str | None], country: str | None, zone: str | None
) -> tuple[tuple[str, str | None], ...] | None:
    """Answer every law under which somebody may live who moved away from ``home``.

    One where country and part were named; else each part that the zone leaves open, for a law that
    may bind is not left out because nobody named it. Empty: home's own holds on. None: no law of
    the country is held here.
    """
    code, _, part = (country or _country_of(home)).partition("-")
    if not parts_of(code):
        law = moved_to(code)
        return None if law is None else tuple(place for place in (law,) if place != home)
    if part:
        named = {part} | {city for city, around in _WITHIN.items() if around == part}
    else:
        named = {name for name in parts_of(code) if zone in _zones_of_part(code, name)}
        named = named or set(parts_of(code))
    return tuple(place for name in sorted(named) if (place := (code, name)) != home)


def _country_of(place: tuple[str, str | None]) -> str:
    jurisdiction, sub = place
    return sub if jurisdiction == "EU" and sub else jurisdiction


@cache
def countries_of_zone(zone: str) -> frozenset[str]:
    """Answer the countries in which a zone is used; none for a name that is only an alias."""
    table = (files("tzdata") / "zoneinfo" / "zone1970.tab").read_text()
    table += (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return frozenset(code for row in rows if row[2] == zone for code in row[0].split(","))


def is_zone(name: str) -> bool:
    """Say whether this is the name of an IANA zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return "/" in name


def all_zones(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Unite candidate zones, each once, in the order in which they were found."""
    return tuple(dict.fromkeys(zone for group in groups for zone in group))
