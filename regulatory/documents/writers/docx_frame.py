"""What a DOCX needs around its words: styles, header and footer, pictures, properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from regulatory.documents.blocks import Figure
from regulatory.documents.content import Content
from regulatory.documents.writers.packed import writable

if TYPE_CHECKING:
    from docx.document import Document

_OWN = {
    "Computed from records": ("2F6F9F", "F1F6FA"), "Written by a person": ("7A5C00", "FDF6E3"),
    "Missing information": ("A11212", "FFFFFF"),
}  # fmt: skip
"""Styles beside Word's own, each with the colours of its words and its ground."""

_WIDTH = 5_900_000
"""Room for a picture, in English Metric Units (914,400 an inch)."""

_PICTURES = """#let doc = json(bytes(sys.inputs.content))
#for one in doc { page(width: auto, height: auto, margin: 0pt, image(bytes(one), format: "svg")) }
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """The styles' ids by their names, the header's and footer's references, the pictures.

    pictures: for each figure its relations (PNG, SVG) and its size in EMU.
    """

    styles: Mapping[str, str]
    references: str
    names: str
    pictures: tuple[tuple[str, str, int, int], ...]

    def picture(self, number: int, figure: Figure, name: str) -> str:
        """A figure in a paragraph of its own: vector where the program can, else 200 dots an inch.
        """
        png, svg, width, height = self.pictures[number - 1]
        described = f"descr={quoteattr(writable(figure.alt))}"
        told = f'id="{number}" name={quoteattr(writable(name[:200]))} {described}'
        vector = (
            '<a:extLst><a:ext uri="{96DAC541-7B7A-43D3-8B79-37D633B846F1}"><asvg:svgBlip '
            'xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" '
            f'r:embed="{svg}"/></a:ext></a:extLst>'
        )
        return (
            '<w:p><w:pPr><w:keepNext/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" '
            f'distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr {told}/>'
            '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/'
            f'picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{number}" name="figure {number}"/>'
            f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{png}">{vector}</a:blip>'
            "<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
            f'<a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData>'
            "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
        )


def opened(content: Content) -> tuple[Document, Frame]:
    """An empty document with its frame."""
    import docx

    document = docx.Document()
    _properties(document, content)
    styles = _styles(document, content.header.language)
    _page(document, content)
    section = document.sections[0]._sectPr
    references = "".join(
        f'<w:{one.tag.rpartition("}")[2]} w:type="default" r:id="{one.rId}"/>'
        for one in section
        if one.tag.endswith(("headerReference", "footerReference"))
    )
    names = " ".join(
        f'xmlns:{name}="{address}"'
        for name, address in {
            "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
            "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
            "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        }.items()
    )
    return document, Frame(styles, references, names, _pictures(document, content))


def _properties(document: Document, content: Content) -> None:
    header, properties = content.header, document.core_properties
    at = header.freeze.at.replace(tzinfo=None)
    properties.title = writable(header.title)[:255]
    properties.author = writable(header.manufacturer)[:255]
    properties.identifier, properties.version = header.number[:255], header.version[:255]
    properties.subject = f"{content.kind}; freeze {header.freeze.sequence}"
    properties.content_status = header.status
    properties.keywords = content.provenance.facts_digest
    properties.comments = content.marking
    properties.created = properties.modified = at
    properties.language, properties.revision = header.language, 1
    properties.last_modified_by = "radvigil"


def _styles(document: Document, language: str) -> dict[str, str]:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), language)
    normal.element.get_or_add_rPr().append(spoken)
    for name, (colour, ground) in _OWN.items():
        style: Any = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.quick_style = normal, True
        style.font.color.rgb, style.font.italic = RGBColor.from_string(colour), name[0] == "W"
        shade = OxmlElement("w:shd")
        for key, value in (("val", "clear"), ("color", "auto"), ("fill", ground)):
            shade.set(qn(f"w:{key}"), value)
        style.element.get_or_add_pPr().append(shade)
    for name, key in (("toc 1", "TOC1"), ("Table text", "TableText")):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.element.styleId = normal, key
    style.font.size, style.paragraph_format.space_after = Pt(8), Pt(1)
    style.paragraph_format.line_spacing = 1.0
    return {one.name: one.style_id for one in document.styles}


def _page(document: Document, content: Content) -> None:
    from docx.oxml import parse_xml
    from docx.shared import Mm

    section, header = document.sections[0], content.header
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(25), Mm(23)
    marked = f" · {content.marking}" if content.marking else ""
    above = (
        f"{header.number} · {header.title} · version {header.version} · status: {header.status}"
        f"{marked}"
    )
    section.header.paragraphs[0].text = writable(above)
    below = section.footer.paragraphs[0]
    below.text = writable(f"{header.confidentiality}{marked} · page ")
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    for code, between in (("PAGE", " of "), ("NUMPAGES", "")):
        below._p.append(parse_xml(
            f'<w:fldSimple {names} w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        ))  # fmt: skip
        if between:
            below.add_run(between)


def _pictures(document: Document, content: Content) -> tuple[tuple[str, str, int, int], ...]:
    """Each figure as a part of the file: the vector, and a picture for programs without it."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    figures = [
        block
        for section in content.sections
        for block in section.blocks
        if isinstance(block, Figure)
    ]
    made = []
    for number, (figure, png) in enumerate(
        zip(figures, _painted([one.svg for one in figures]), strict=True), start=1
    ):
        relations = []
        for kind, media, data in (
            ("png", "image/png", png), ("svg", "image/svg+xml", figure.svg.encode()),
        ):  # fmt: skip
            name = PackURI(f"/word/media/figure{number}.{kind}")
            part = Part(name, media, data, document.part.package)
            relations.append(document.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE))
        across, down = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        width = int(_WIDTH * figure.width)
        made.append((relations[0], relations[1], width, int(width * down / across)))
    return tuple(made)


def _painted(pictures: list[str]) -> list[bytes]:
    """SVGs as PNGs, all by one run of the layout engine."""
    import typst

    if not pictures:
        return []
    made = typst.compile(
        _PICTURES.encode(), font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"content": json.dumps(pictures)}, format="png", ppi=200,
    )  # fmt: skip
    return made if isinstance(made, list) else [made]
