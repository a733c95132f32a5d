"""A sentence of software that claims what only a person may judge blocks approval (REG-125)."""

from dataclasses import replace

from regulatory.documents.blocks import Block, Gap, Section
from regulatory.documents.content import Content
from regulatory.documents.lists import Claim, forbidden_claims
from regulatory.documents.said import all_said

CITATION = "REG-125"


def with_claims_as_gaps(content: Content) -> Content:
    """The same document with a gap behind each section whose software wrote a forbidden claim.

    Such a sentence comes from words of a record that a sentence of software quotes: they are
    reworded there, or the gap is declared with the reason. People's own texts are not searched.
    """
    found = forbidden_claims(all_said(content))
    if not found:
        return content
    return replace(
        content, sections=tuple(_marked(one, found) for one in content.sections)
    )


def _marked(section: Section, found: tuple[Claim, ...]) -> Section:
    gaps: list[Block] = [
        Gap(
            f"A sentence that software wrote claims {one.claim}",
            f"it says '{one.words}', which only a person may judge; reword the record it quotes",
            "regulatory affairs", CITATION,
        )
        for one in found if one.section == section.number
    ]  # fmt: skip
    return replace(section, blocks=(*section.blocks, *gaps)) if gaps else section
