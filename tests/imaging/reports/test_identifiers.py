"""Identities leave a report's text, findings stay, and what is not certain is said."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.report_identifiers import over_redaction, recall
from imaging.reports.findings import report_findings
from imaging.reports.identifiers import KnownIdentities, clean_report, name_parts, readable
from records.ordinary_words import is_ordinary

KNOWN = KnownIdentities(("Zwetschkenbaum^Eva-Marie",), ("00447112", "RX-77/123"))


@pytest.mark.parametrize(
    "text",
    [
        "Eva-Marie Zwetschkenbaum has no effusion.", "ZWETSCHKENBAUM, E.: no effusion.",
        "zwetschkenbaum, no effusion", "Z w e t s c h k e n b a u m. No effusion.",
        "Zwetschken-\nbaum: no effusion.", "Frau Zwetschkenbaums Lunge. Zwetschkenbaum's lungs.",
        "Zwetchkenbaum's chest is clear of effusion.", "No effusion. EVA MARIE.",
    ],
)
def test_a_known_name_goes_however_it_is_spelled(text: str) -> None:
    left = clean_report(text, KNOWN).text.lower().replace(" ", "").replace("-\n", "")
    assert "baum" not in left
    assert "marie" not in left


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Patient no. 4471-12.", "4471"), ("Accession RX 77 123", "77"),
        ("On 3.5.2024 and 2024-05-03 and 3rd of May and May 3, 2024.", "3"),
        ("A 97-year-old man.", "97"), ("Aged 101.", "101"), ("Bleep 4431.", "4431"),
        ("Call +44 20 7946 0018.", "7946"), ("a.b@example.org", "example"),
        ("Lives at 7 Elm Drive.", "Elm"), ("From Ashby General Hospital.", "Ashby"),
        ("Ward 7B, bed 4.", "7B"), ("SSN 123-45-6789.", "6789"),
        ("Discussed with Dr. van der Meer.", "Meer"), ("Kowalski, MD", "Kowalski"),
        ("Her son Olumide was there.", "Olumide"), ("Typed by Q. Long.", "Long"),
    ],
)  # fmt: skip
def test_what_is_written_as_identities_are_goes(text: str, gone: str) -> None:
    assert gone not in clean_report(text, KNOWN).text


@pytest.mark.parametrize(
    "text",
    [
        "ETT tip 4.5 cm above the carina, 24/7 monitoring; nodule 12 x 8 mm, T12-L1, C5/C6.",
        "Kerley B lines. Swan-Ganz catheter. Stable since 2019. Grade 2/6. 64-year-old.",
        "NG tube. A 3 cm nodule at 14:35. A long history of cough; white lung.",
        "IMPRESSION:\n1. No acute disease.\n2. Chest Radiograph: Clear.",
    ],
)
def test_what_only_looks_like_an_identity_stays(text: str) -> None:
    assert clean_report(text, KnownIdentities(("Long^White",))).text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{\\rtf1 No effusion}", "other than plain text"),
        ("Beide Lungen sind frei belüftet, kein Nachweis eines Ergusses, Herz normal groß.",
         "another language"),
        ("NO EFFUSION. QZXYV WRTPL BKLMN VBNMK ASDFG HJKLP QWRTZ.", "capitals"),
        ("x" * 100_001, "other than plain text"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_said_in_words_that_tell_nothing(text: str, words: str) -> None:
    doubts = clean_report(text).doubts
    assert any(words in one for one in doubts)
    assert not any("QZX" in one or "Lungen" in one for one in doubts)


NAMES = st.text(st.characters(categories=["Ll"], max_codepoint=0x17F), min_size=5, max_size=12)


@settings(deadline=None, max_examples=60)
@given(
    name=NAMES, case=st.sampled_from(["title", "upper", "lower"]),
    before=st.sampled_from(["", "No effusion. ", "cc ", "(", "by:"]),
    after=st.sampled_from(["", ".", "'s", ", MD", "\nNo effusion", ")"]),
)  # fmt: skip
def test_no_known_name_is_left_whatever_stands_around_it(
    name: str, case: str, before: str, after: str
) -> None:
    assume(case != "lower" or not is_ordinary(name))  # a name that is a word needs its capital
    parts = name_parts([name])
    text = before + getattr(name, case)() + after
    clean = clean_report(text, KnownIdentities((name,)))
    words = clean.text.lower().replace("'s", "").split()
    assert parts == set() or not clean.text[0].isalpha() or name not in words or clean.doubts


def test_planted_identities_are_gone_and_findings_are_kept() -> None:
    found = recall(40, seed=5)
    assert all((one.low or 0) > 0.7 and (one.value or 0) >= 0.9 for one in found.told.values())
    assert (found.released_whole.value or 0) >= 0.98
    assert (found.findings_kept.value or 0) >= 0.98
    assert (over_redaction("seen")["findings changed"].value or 0) <= 0.01


def test_findings_are_read_beside_what_was_struck_out() -> None:
    text = "COMPARISON: 2007-05-28.\nHarlow General Hospital\nNo pneumothorax."
    clean = clean_report(text).text
    assert report_findings(readable(clean)) == report_findings(text)
