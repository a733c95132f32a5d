"""Which words are ordinary in an English report, so that others stand out as possible names."""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

WORDS: Final = Path(__file__).with_name("words_en.txt")
"""Words in lower case: of the labelled reports that the rules were written on, of clinical code
meanings (DICOM PS3.16), and of plain English."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CAPITALISED: Final = _words("""
    kerley swan ganz foley dobhoff dobbhoff nissen hickman broviac jackson pratt morgagni
    bochdalek marfan hodgkin crohn parkinson doppler hounsfield westermark hampton fleischner
    fontan mustard chest portable right left upper lower small new stable no the there this ap
    pa xr x-ray mach findings impression indication comparison technique history examination
    addendum report view views two one single frontal lateral radiograph radiographs clinical
    information tube line support ct mr mri us english
""")
"""What is written with a capital in the middle of a sentence and names nobody."""

ALSO_NAMES: Final = _words("""
    white brown black green gray grey long short young old hall stone baker smith hill king wood
    woods page price grant mark rose will may field fields bell cook cooper carter fisher hunter
    mason miller parker porter potter taylor turner walker weaver wright ward west north south
    east bush banks best bishop bond booth bridges brooks burns case chase church close cross
    day dean drew duke early farmer fine flowers ford fox frank french gay gold good grace hand
    hardy hart hope house ivy jack joy knight lake lane law little love low marsh means moon
    moore noble pace park peace pepper pike poole pope power powers ray reed rice rich rivers
    rock sands savage sharp sims singer small snow song spring steel strong summer summers sun
    tanner temple thorn waters webb wells wise wolf april june august faith daisy lily ruby
    pearl jean dale glen glenn art gene guy lee sue pat chuck rusty sandy penny ng wu li ma he
    yu do le so an in
""")
"""Ordinary words that are names as well: taken for one only beside another name or an initial."""

_ACRONYMS: Final = _words("""
    ap pa ct mr mri us et og ij tb hf rv lv ra la ng rt lt cm mm icu nicu picu itu nad copd ards
    ecmo picc cabg tavr tavi cvc cvl ett ngt uvc uac svc ivc rul rml rll lul lll xr cxr pna ptx
    chf ctr nfa bipap cpap ivdu aicd icd hiv covid covid-19 sars rsv lvad iabp tips pacs mrsa
    aids post
""")

_ENDINGS: Final = re.compile(
    r"\w{3,}(?:tion|sion|ness|ity|ous|ary|osis|itis|emia|aemia|ically|ated|ating|ative|ment|ance|"
    r"ence|graphy|gram|ectomy|otomy|ostomy|scopy|plasty|pathy|genic|cardial|pleural|thoracic|"
    r"pulmonary|ization|isation|olar|ular|opia|algia|megaly|oma|omas|trophy|plasia|rrhage|rrhagic)"
)


_PREFIX: Final = re.compile(
    r"^(?:peri|para|sub|supra|infra|retro|intra|extra|post|pre|bi|non|un|hyper|hypo|broncho|pneumo|"
    r"hemo|haemo|hydro|cardio|costo|mid|re|over|inter)"
)


@cache
def ordinary_words() -> frozenset[str]:
    """The words of the list, in lower case."""
    return frozenset(WORDS.read_text(encoding="utf-8").split())


@lru_cache(maxsize=20_000)
def is_ordinary(word: str) -> bool:
    """Whether a word, in any case, is on the list, or is formed as clinical words are.

    >>> [is_ordinary(one) for one in ("Effusions", "pneumonectomy", "Zwetschkenbaum", "bibasal's")]
    [True, True, False, True]
    """
    bare = word.lower().removesuffix("'s").removesuffix("’s").strip("'’-")
    known = ordinary_words()
    if not bare or bare in known or _ENDINGS.fullmatch(bare):
        return True
    if "-" in bare:
        return all(is_ordinary(part) for part in bare.split("-"))
    stem = re.sub(r"(?:es|s|ed|ing|ly|al)$", "", bare)
    prefixed = _PREFIX.sub("", bare)
    return (stem != bare and len(stem) > 2 and (stem in known or f"{stem}e" in known)) or (
        prefixed != bare and len(prefixed) > 3 and prefixed in known
    )


def is_acronym(word: str) -> bool:
    """Whether reports shorten something so: NG, ETT, COPD."""
    return word.lower() in _ACRONYMS
