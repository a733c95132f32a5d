"""How identifiers are written in reports: dates, numbers, places, names beside titles."""

import re
from typing import Final

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"(?:[0-2]?\d|3[01])(?:st|nd|rd|th)?"
_YEAR: Final = r"(?:(?:19|20)\d\d|['’]\d\d)"
CAPITAL: Final = r"(?:(?<![^\W_])[^\W\d_a-zà-öø-ÿ]\.|[^\W\d_a-zà-öø-ÿ][\w'’-]*)"
"""A word that begins with a capital, or an initial."""
_PARTICLE: Final = (
    r"(?:(?:van|von|de|der|den|la|le|di|da|dos|del|du|al|el|bin|ibn|abu|ter|ten)\s+)*"
)
NAME: Final = rf"{_PARTICLE}{CAPITAL}(?:[ \t]+{_PARTICLE}{CAPITAL}){{0,3}}"
_CREDENTIAL: Final = (
    r"(?:M\.?D\.?|D\.?O\.?|Ph\.?D\.?|F\.?R\.?C\.?[RSP]\.?|MBBS|MB\s?BS|MB\s?ChB|MRC[PS]|R\.?N\.?|"
    r"N\.?P\.?|PA-C|FFR\s?RCSI|DMRD|FACR|R\.?T\.?\(R\))"
)
_TITLE: Final = (
    r"(?:[Dd]r|DR|[Dd]octor|DOCTOR|[Pp]rof(?:essor)?|PROF(?:ESSOR)?|Mr|MR|Mrs|MRS|Ms|MS|Miss|MISS|Mx|"
    r"Nurse|NURSE|Sister|Matron|RN|Rev|Sgt|Capt|Frau|Herr|Mme|Sra?|Sir|Dame)\.?"
)
_BY: Final = (
    r"(?:(?:electronically\s+)?(?:signed|dictated|reported|read|reviewed|approved|verified|"
    r"transcribed|authenticated|interpreted|typed|performed|requested|ordered|referred|examined|"
    r"inserted|placed|entered|finalized|finalised|attested|prepared)(?:\s+(?:off|electronically))?"
    r"\s+by|(?:discussed|communicated|relayed|conveyed|spoken|spoke|conferred|reviewed|agreed|"
    r"shared)\s+(?:\w+\s+){0,3}?(?:with|to)|(?:called|phoned|telephoned|paged|notified|informed|"
    r"alerted|told|given|reported|faxed)(?:\s+(?:directly|verbally|through|results?|to))*|"
    r"attention(?:\s+of)?|attn|cc|copy\s+to)"
)
_RELATIVE: Final = (
    r"(?:wife|husband|spouse|son|daughter|mother|father|mom|mum|dad|brother|sister|partner|carer|"
    r"caregiver|guardian|friend|aunt|uncle|niece|nephew|grandson|granddaughter)"
)
_STREET: Final = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|way|close|place|pl|"
    r"terrace|square|crescent|highway|hwy|gardens|grove|mews)"
)
_HOUSE: Final = (
    r"(?:[Hh]ospitals?|HOSPITAL|[Mm]edical\s+[Cc]ent(?:er|re)|MEDICAL\s+CENT(?:ER|RE)|[Cc]linic|"
    r"CLINIC|[Ii]nfirmary|INFIRMARY|[Hh]ospice|[Nn]ursing\s+[Hh]ome|[Cc]are\s+[Hh]ome|"
    r"[Hh]ealth\s+(?:[Ss]ystem|[Cc]ent(?:er|re)|[Bb]oard)|[Rr]adiology\s+(?:[Aa]ssociates|[Gg]roup|"
    r"[Pp]artners)|[Ii]maging\s+[Cc]ent(?:er|re)|[Uu]niversity|NHS\s+(?:Foundation\s+)?Trust|"
    r"[Ss]chool|[Pp]rison)"
)
_LABEL: Final = (
    r"(?:patient(?:'s)?(?:\s+(?:name|id|number|no\.?))?|pt(?:\s+name)?|(?:first|last|full|family|given"
    r"|maiden)\s+name|name|surname|forename|d\.?o\.?b\.?|date\s+of\s+birth|birth\s*date|born|m\.?r\.?n"
    r"\.?|medical\s+record(?:\s+(?:number|no\.?))?|hospital\s+(?:number|no\.?)|nhs(?:\s+(?:number|"
    r"no\.?))?|ssn|social\s+security(?:\s+(?:number|no\.?))?|accession(?:\s+(?:number|no\.?|#))?|acc"
    r"(?:ession)?\s*#|order(?:\s+(?:number|no\.?|id))?|visit(?:\s+(?:number|no\.?|id))?|encounter"
    r"(?:\s+(?:number|no\.?))?|account(?:\s+(?:number|no\.?))?|insurance(?:\s+(?:number|no\.?|id))?|"
    r"policy|address|phone|telephone|tel|mobile|fax|e-?mail|pager|bleep|beeper|next\s+of\s+kin|"
    r"emergency\s+contact|guardian|occupation|employer|referr(?:er|ing)(?:\s+(?:physician|doctor|"
    r"clinician|md))?|ordering(?:\s+(?:physician|provider|doctor))?|requesting(?:\s+(?:physician|"
    r"provider|clinician))?|attending(?:\s+(?:physician|radiologist))?|resident|fellow|consultant|"
    r"radiologist|radiographer|technologist|transcriptionist|interpreting(?:\s+(?:physician|"
    r"radiologist))?|dictating(?:\s+(?:physician|radiologist))?|reporting(?:\s+(?:physician|"
    r"radiologist|clinician))?|read(?:er|ing\s+(?:physician|radiologist))|signatur[ey]|signed|"
    r"dictated|transcribed|typed|gp|copies\s+to|facility|location|institution)"
)

LABELLED: Final = re.compile(rf"(?im)(?<![\w-])({_LABEL})[ \t]*[:#=][ \t]*(?P<value>[^\n]*)")
"""A label with what follows it on its line."""

_I: Final = re.IGNORECASE
PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("number", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("number", re.compile(r"(?:https?://|www\.)\S+", _I)),
    ("number", re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[12](?:\.\d+){5,}\b")),
    ("date", re.compile(r"(?<![\d.])\d{4}[/.-]\d{1,2}[/.-]\d{1,2}(?:T[\d:.]+Z?)?(?![\d])")),
    ("date", re.compile(r"(?<![\d.])\d{1,2}(\s?[/.-]\s?)\d{1,2}\1(?:\d{4}|\d{2})(?![\d.]\d|\d)")),
    ("date", re.compile(rf"\b{_DAY}(?:\s+of)?[ \t-]*{_MONTH}(?:[ \t,/-]*{_YEAR}|-\d\d\b)?", _I)),
    ("date", re.compile(rf"\b{_MONTH}[ \t-]+{_DAY}\b(?:[ \t,-]+{_YEAR})?", _I)),
    ("date", re.compile(rf"\b{_MONTH}[ \t,/-]*(?:of\s+)?{_YEAR}", _I)),
    ("date", re.compile(
        rf"(?<=\bin )(?:early |late |mid[- ])?{_MONTH}\b|(?<=\bsince ){_MONTH}\b|"
        rf"(?<=\bfrom ){_MONTH}\b|(?<=\bof ){_MONTH}\b(?! have)", _I)),
    ("date", re.compile(
        r"\b(?:on|dated|since|from|of)\s+\d{1,2}[/.]\d{1,2}(?![\d/.]|\s?(?:cm|mm))", _I
    )),
    ("date", re.compile(r"\b(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4,6})?\b")),
    ("phone", re.compile(
        r"\b(?:ext(?:ension)?|pager|bleep|beeper|phone|tel(?:ephone)?|fax|mobile|"
        r"cell)\.?\s*(?:no\.?|number|#)?\s*:?\s*\+?\d[\d\s().-]{2,}\d", _I)),
    ("phone", re.compile(
        r"(?<![\w.])\(?\+?\d{1,4}\)?[\s.-]\(?\d{2,5}\)?[\s.-]\d{3,5}(?:[\s.-]\d{2,5})?"
        r"(?!\w|\.\d|\s?(?:cm|mm|ml|mg))")),
    ("phone", re.compile(r"(?<![\w.])\d{3}-\d{4}(?!\w)")),
    ("age", re.compile(
        r"\b(?:9\d|1[0-4]\d)(?=[\s-]*(?:years?|yrs?|y)[\s-]*(?:old|of\s+age|/?o\b)?)|"
        r"(?<=\baged )(?:9\d|1[0-4]\d)\b|(?<=\bage )(?:9\d|1[0-4]\d)\b|"
        r"\b(?:9\d|1[0-4]\d)(?=\s?(?:[FM]\b|yo\b|y/o\b|y\.o\.))|"
        r"\b(?:ninety(?:[- ]\w+)?|(?:one|a) hundred(?: and \w+)?)(?=[\s-]+years?)", _I)),
    ("place", re.compile(
        rf"\b\d{{1,5}}[A-Za-z]?,?\s+(?:[\w'’.-]+\s+){{1,3}}?{_STREET}\b\.?"
        r"(?:,?\s*(?:apt|flat|unit|suite|apartment)\.?\s*\w+)?", _I)),
    ("place", re.compile(r"\b[A-Z]\w+(?:stra(?:ß|ss)e|str\.|weg|platz|gasse)\s*\d+\w?", _I)),
    ("place", re.compile(r"\b(?:rue|via|calle|avenida|plaza)\s+(?:\w+\s+){0,3}\d+", _I)),
    ("place", re.compile(r"\b[A-Z][A-Za-z'’ -]{2,25},\s+[A-Z]{2}\s+\d{5}(?:-\d{4})?\b")),
    ("place", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}\b")),
    ("place", re.compile(
        rf"(?:\b(?:St\.?|Saint|ST\.?)\s+)?\b{CAPITAL}(?:\s+(?:of|and|the|&|{CAPITAL}))"
        rf"{{0,4}}\s+{_HOUSE}\b(?:\s+of\s+{CAPITAL}(?:\s+{CAPITAL})?)?")),
    ("place", re.compile(
        r"\b(?:ward|room|rm|bed|bay|unit|floor|suite)\s+(?:no\.?\s*|#)?(?:\d+\w*|[A-Z]\d*)"
        r"(?:\s*[-/,]?\s*(?:bed|bay)\s*\w+)?\b", _I)),
    ("number", re.compile(
        r"\b(?:mrn|m\.r\.n\.|accession|acc|id|ref(?:erence)?|case|order|visit|account|"
        r"acct|policy|nhs|ssn|record|chart|licen[cs]e|npi|serial|s/n|sn|lot)"
        r"(?:\s+(?:number|no\.?|id))?\s*[:#.]*\s*(?=[\w-]*\d)[A-Z0-9][\w/-]{2,}", _I)),
    ("number", re.compile(r"\b\d{3}-\d{2}-\d{4}\b|\b\d{3}\s\d{3}\s\d{4}\b")),
    ("number", re.compile(r"(?<![\w.,])\d{5,}(?![\w]|\.\d)")),
    ("number", re.compile(
        r"(?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])(?=(?:[A-Z-]*\d){4})[A-Z\d]+(?:-[A-Z\d]+)*"
        r"(?<=\w{6})(?![\w])")),
    ("number", re.compile(
        r"(?<![\w-])[A-Z]{1,4}-?\d{4,}(?!\w)|(?<!\w)\d{2,}-\d{3,}(?:-\d+)*(?!\w)"
    )),
)  # fmt: skip
"""Kind and expression, in the order in which they are struck out."""

TITLED: Final = re.compile(rf"\b{_TITLE}\s+(?P<name>{NAME}|(?<=[rR]\s)[a-z]+|(?<=\.\s)[a-z]+)")
CREDENTIALED: Final = re.compile(
    rf"(?P<name>{NAME}),?\s+{_CREDENTIAL}(?:,?\s+{_CREDENTIAL})*(?!\w)"
)
BY_WHOM: Final = re.compile(rf"(?i:\b{_BY})\s*:?\s+(?:(?i:the)\s+)?(?P<name>{NAME})")
RELATED: Final = re.compile(
    rf"(?i:\b{_RELATIVE})(?:,)?\s+(?:(?i:called|named|is)\s+)?(?P<name>{NAME})"
)
SURNAME_FIRST: Final = re.compile(
    rf"(?P<name>\b[^\W\d_a-z](?:[^\W\d_]|['’-]){{2,}},[ \t]+{CAPITAL}"
    r"(?:[ \t]+[A-Z]\.?)?(?!\w))"
)
SPOKEN: Final = re.compile(
    rf"(?i:\b(?:I|patient),?)\s+(?P<name>{NAME}),\s+(?i:have|has|was|is|an?|attest)"
)
NAMING: Final = (TITLED, CREDENTIALED, BY_WHOM, RELATED, SPOKEN)
"""What a name stands beside; the group ``name`` may be longer than the name."""
