"""Countries by the two letters of ISO 3166-1, with XI for Northern Ireland; where sites lie."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlmodel import Session, col, select

from records.errors import InvalidInput
from records.product import Site

_ISO_3166_1: Final = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
    BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
    EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
    GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
    KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
    MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
    QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM
    ZW
"""
NORTHERN_IRELAND: Final = "XI"
"""A user-assigned code (Commission Implementing Regulation (EU) 2020/1470): Union law on devices is
applied there, which it is not in the rest of the United Kingdom, GB."""
COUNTRIES: Final = frozenset({*_ISO_3166_1.split(), NORTHERN_IRELAND})
"""The 249 officially assigned codes of ISO 3166-1 alpha-2, and XI."""
_MEANT: Final = {
    "UK": "GB for Great Britain, XI for Northern Ireland", "EL": "GR for Greece",
    "EU": "the member state",
}  # fmt: skip


def check_country(code: str) -> str:
    """The code of a country.

    Raises:
        InvalidInput: It is none of ISO 3166-1, nor XI.

    >>> check_country("CH")
    'CH'
    """
    if code not in COUNTRIES:
        meant = _MEANT.get(code, "two capital letters of ISO 3166-1 such as DE; XI for Northern "
                                 "Ireland")  # fmt: skip
        raise InvalidInput(f"'{code}' is no country.", hint=f"Give {meant}.")
    return code


def countries_of_sites(session: Session) -> dict[str, str]:
    """The country of each site by its name; a site of which none is recorded is left out."""
    rows = session.exec(select(Site.name, Site.country).where(col(Site.country) != ""))
    return dict(rows.all())


def otherwise_placed(recorded: Mapping[str, str], told: Mapping[str, str]) -> list[str]:
    """A sentence for each site that is told to lie in another country than the one recorded."""
    return [
        f"{site} is told to lie in {country}, and recorded in {recorded[site]}"
        for site, country in sorted(told.items()) if recorded.get(site, country) != country
    ]


def countries_at(recorded: Mapping[str, str], sites: Iterable[str]) -> list[str] | None:
    """The countries in which sites lie, in order; None where one of them is not recorded."""
    known = [recorded.get(one) for one in sites]
    found = {one for one in known if one is not None}
    return sorted(found) if known and None not in known else None
