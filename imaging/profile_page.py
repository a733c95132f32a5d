"""The page about de-identification, from the tables that decide it."""

from collections import Counter

from imaging.attribute_table import EDITION, MEANINGS, Option, table_rows
from imaging.confidentiality import ACTIONS, BASIC, BY_REPRESENTATION, PROFILES, rules
from imaging.safe_private import SAFE

_FOLLOWED = (
    "X removed", "Z emptied", "D replaced by a pseudonym or a dummy", "U replaced by another "
    "identifier, the same for the same original", "C cleaned", "K kept",
    "W cleaned to the words that describe an examination",
)


def profile_page() -> str:
    """The page as Markdown: profile, options, own decisions, pixels, private attributes, table."""
    return "\n".join([
        *_overview(), *_own(), *_pixels(), *_private(), *_limits(), *_identities(), *_whole(),
    ])  # fmt: skip


def _overview() -> list[str]:
    rows = table_rows()
    counted = Counter(row.options_from for row in rows)
    lines = [
        "# De-identification", "",
        "Written by `scripts/write_deidentification.py` from the tables that decide; a test "
        "compares the two.", "",
        f"Every file is de-identified before anything of it is kept, after {EDITION}: "
        f"{len(rows)} rows. The basic-profile column is that of the edition named; of the option "
        f"cells those of {counted['read']} rows were read in an older edition of the table, and "
        f"those of {counted['rule']} follow what the rows that were read have in common (a date is "
        "moved, an identifier kept, a description cleaned).", "",
    ]
    for profile in PROFILES:
        options = ", ".join(f"{one} {MEANINGS[one]}" for one in sorted(profile.options))
        lines += [f"**{profile.name}** takes 113100 {MEANINGS['113100']} with: {options}.", ""]
    return [*lines, "Actions: " + "; ".join(_FOLLOWED) + ".", ""]


def _own() -> list[str]:
    lines = [
        "## What this program decides itself", "",
        "Attributes that the table does not name, and those of which less is kept than it allows. "
        "Everything that neither names goes by its value representation: "
        f"{', '.join(f'{kind} {action}' for kind, action in sorted(BY_REPRESENTATION.items()))} "
        "(N kept where it is a code or a number, Q looked into item by item); all else is removed.",
        "",
    ]
    for action, names in ACTIONS.items():
        lines += [f"- **{action}**: {', '.join(names.split())}"]
    return [*lines, ""]


def _pixels() -> list[str]:
    return [
        "## Letters in the pixels", "",
        "Looked through and masked: every file that declares burned-in annotation YES; and, where "
        "it does not declare NO, files of the modalities "
        f"{', '.join(sorted(BASIC.scanned))}, or of none. Other files are not looked through, "
        "and their record says so (`pixels_not_looked_through`). Pixels that must be looked "
        "through and cannot be decoded are refused. What the detector finds is measured by "
        "`tests/proof/test_letters.py`.", "",
    ]


def _private() -> list[str]:
    found = sorted(f"({group:04X},xx{element:02X}) {name}" for group, name, element in SAFE)
    return [
        "## Private attributes that may stay", "",
        "Only under these creators, and only where they hold numbers:", "",
        *(f"- {one}" for one in found), "",
    ]


def _limits() -> list[str]:
    return [
        "## What this does not do", "",
        "Moved dates are not HIPAA's Safe Harbor: each run says both verdicts, and what is unmet. "
        "A head in slices can show a face, which is not removed (`face_can_be_reconstructed`). "
        "A name that stands in no attribute for names is not known to be one: it is removed with "
        "the text that it stands in, except in the few texts of equipment and codes listed under "
        "C above. A UID or number in binary is not looked for.", "",
    ]


def _identities() -> list[str]:
    return [
        "## Who is behind a pseudonym", "",
        "The originals lie encrypted in one file of their own. Nobody may ask for one until "
        "somebody else grants it, for a purpose and at most 90 days (`radvigil identity grant`); "
        "each asking (`radvigil identity reveal`) is an event before anything is read, and says "
        "pseudonym, grant and purpose, never the identity. `radvigil identity report` tells what "
        "was done about one patient. Two people in two roles destroy the file (`radvigil identity "
        "destroy`, `radvigil identity confirm`): records, images and documents stay as they are, "
        "and copies in backups stay too. Before a document leaves, what people typed is compared "
        "with the originals; the place is said, never the value. Numbers of three or four "
        "characters are found where the text says whose they are (patient 471), shorter ones only "
        "where they are all that stands in a field called patient, accession or the like: 'patient "
        "17' in running text is not found, since nothing tells it from a count. "
        "A data breach and its clocks: "
        "`radvigil breach record`. The legal basis of each dataset stands with its version "
        "(`radvigil dataset freeze`).", "",
    ]


def _whole() -> list[str]:
    mine = rules(BASIC.options)
    options = list(Option)
    lines = [
        "## The table", "",
        "| attribute | number | basic | " + " | ".join(options) + " | here | cells |",
        "|---|---|---|" + "---|" * (len(options) + 2),
    ]
    for row in table_rows():
        cells = " | ".join(row.cells.get(one, "") for one in options)
        here = mine.get(row.number, "X") if row.number is not None else "X"
        if row.tag == "PRIVATE":
            here = "K or X"
        lines.append(
            f"| {row.attribute} | {row.tag} | {row.basic} | {cells} | {here} | {row.options_from} |"
        )
    return [*lines, ""]
