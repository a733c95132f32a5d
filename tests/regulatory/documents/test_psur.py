"""The PSUR: outline, tables T1 to T8 from records, what is left to people, the last report."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from records.form_versions import FormVersion
from records.incidents import Incident
from records.quality import Document
from records.settings import Workspace
from records.store import Store, open_store
from records.vault import Vault
from regulatory.compile import Request, content_now
from regulatory.documents.blocks import Cell, ComputedText, Definitions, Gap, Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.facts import Note
from regulatory.documents.places import PLACES
from regulatory.documents.psur import build, figures_of
from regulatory.documents.registry import PSUR
from regulatory.documents.rendering import render
from regulatory.documents.surveillance_facts import Listed, Previous, SurveillanceFacts
from regulatory.documents.surveillance_tables import COUNTED_HERE, by_period
from regulatory.gathering import surveillance_previous
from regulatory.gathering.edition import Basis
from regulatory.gathering.surveillance import gather_psur
from regulatory.gathering.surveillance_actions import actions, capas
from regulatory.gathering.surveillance_previous import previous
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.gathering import small_store as small
from tests.regulatory.surveilled import REPORT, YEAR, surveil

OUTLINE = ["0", "1", "2", "3", "4a", "4b", "4c", "4d", "5a", "5b", "6", "7", "8", "9", "10", "A"]
N = f"N: {YEAR[0]} to {YEAR[1]}"
Found = tuple[Store, SurveillanceFacts, Content]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    """A workspace with a year of surveillance; one incident has a filled MIR with codes."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    surveil(store)
    vault = Vault(store.workspace.vault)
    with store.transaction("demo.regulatory", "a form", now=TODAY) as tx:
        _add_form(tx, vault)
    with store.reader() as reader:
        basis, content = compiled(reader, vault)
        facts = gather_psur(reader, basis)
    yield store, facts, content
    store.close()


def compiled(reader: Session, vault: Vault | None) -> tuple[Basis, Content]:
    return content_now(reader, Request(PSUR, small.DEVICE, None), now=TODAY, vault=vault)


def _add_form(tx: Session, vault: Vault) -> None:
    codes = {"imdrf_a": ["A010203"], "imdrf_c": ["C0601"], "imdrf_d": ["D02"], "imdrf_f": ["F26"]}
    told = {"fields": [{"key": key, "value": value} for key, value in codes.items()]}
    digest = vault.put(json.dumps(told).encode())
    tx.add(FormVersion(
        device_id=1, about="INC-0001", form="MIR", edition="7.3.1", form_digest="f", reference="",
        version=1, digest=digest, facts_digest="d", missing=[], unknown=[], faults=[], changed=[],
        sources={}, filled_by="demo.regulatory", filled_at=TODAY,
    ))  # fmt: skip


def table(content: Content, begin: str) -> Table:
    (one,) = (block for section in content.sections for block in section.blocks
              if isinstance(block, Table) and block.caption.startswith(begin))  # fmt: skip
    return one


def cells(content: Content, begin: str, column: str = N) -> dict[tuple[str, ...], Cell]:
    """By the words before the periods the cell of a column."""
    one = table(content, begin)
    titles = [each.title for each in one.columns]
    width = titles.index(N)
    return {tuple(cell.text for cell in row[:width]): row[titles.index(column)] for row in one.rows}


@pytest.mark.requirement("REG-141")
def test_every_section_of_the_outline_is_there_and_every_place_asks(found: Found) -> None:
    content = found[2]
    assert [one.number for one in content.sections] == OUTLINE
    asked = {gap.place for _, gap in placed_gaps(content) if gap.place}
    assert asked == set(PLACES[PSUR]) - {"restatements"}
    assert content.header.period == REPORT
    assert [one.meaning for one in content.header.signatures] == [
        "author", "approval", "responsible-person"
    ]


def test_sales_and_population_are_told_by_region_and_what_is_missing_is_a_gap(
    found: Found,
) -> None:
    content = found[2]
    sales = cells(content, "T1")
    assert sales["EEA+TR+XI", "installations"].text == "12 (contracts)"
    assert sales["worldwide", "installations"].records == ("SAL-0002",)
    before = cells(content, "T1", "N\N{MINUS SIGN}1: 2024-03-07 to 2025-03-06")
    assert before["worldwide", "installations"].text == "not recorded"
    earlier = cells(content, "T1", "N\N{MINUS SIGN}2: 2023-03-07 to 2024-03-06")
    assert "not on the market yet" in earlier["worldwide", "installations"].text
    assert cells(content, "T2")["worldwide", "studies"].text == "30,000"
    gaps = {gap.missing: gap.reason for _, gap in placed_gaps(content)}
    told = gaps["Volume of sales of each 12 months and region (T1)"]
    assert "2024-03-07 to 2025-03-06" in told and "2023" not in told


@pytest.mark.requirement("REG-065")
def test_incidents_are_counted_by_code_and_one_of_a_third_country_worldwide_only(
    found: Found,
) -> None:
    content = found[2]
    problems = cells(content, "T4")
    everywhere, inside = (problems["all serious incidents", one]
                          for one in ("worldwide", "EEA+TR+XI"))  # fmt: skip
    assert everywhere.text.startswith("2; 0.067 per 1,000") and "n = 30,000" in everywhere.text
    assert inside.text.startswith("1; 0.050 per 1,000") and "n = 20,000" in inside.text
    assert everywhere.text.endswith("[recorded estimate EXP-0002]")
    assert everywhere.estimate is not None and everywhere.estimate.high == pytest.approx(
        7.2247 / 30, abs=1e-3
    )
    assert set(everywhere.records) == {"INC-0001", "INC-0002", "CLK-0001", "CLK-0002", "FRM-0001"}
    assert problems["A0102", "EEA+TR+XI"].text.startswith("1;"), "level 2"
    assert any("term of Annex A: False Negative Result" in kind for kind, _ in problems)
    assert cells(content, "T5")["C0601", "worldwide"].text.startswith("1;")
    impact = cells(content, "T6")
    assert impact["F26", "D02", "worldwide"].text == "1 of 2 (50.0 %)"
    assert impact["not coded", "investigation not concluded", "worldwide"].text.startswith("1 of 2")
    log = table(content, "Incidents of the period")
    assert [(row[0].text, row[3].text, row[4].text) for row in log.rows] == [
        ("INC-0001", "DE", "serious"), ("INC-0002", "US", "serious"),
        ("INC-0003", "not known", "not assessed"),
    ]  # fmt: skip
    gaps = {gap.missing: gap.reason for _, gap in placed_gaps(content)}
    assert "INC-0003" in gaps["Decision on every event of the period (serious or not)"]
    assert "INC-0002" in gaps["IMDRF codes of serious incidents (Annexes A, C, D and F)"]


def test_rates_of_different_kinds_of_studies_are_marked_as_not_comparable(found: Found) -> None:
    _, facts, content = found
    assert "Each cell says in brackets" in table(content, "T4").note
    assert "not comparable" not in table(content, "T4").note
    rows = tuple(
        replace(row, periods=(row.periods[0], replace(row.periods[0], related_to=COUNTED_HERE)))
        for row in facts.events.problems.rows
    )
    mixed = replace(facts.events.problems, periods=facts.events.problems.periods[:2], rows=rows)
    (shown,) = by_period("T4", ("Device problem", "Region"), mixed)
    assert isinstance(shown, Table) and "are not comparable" in shown.note
    assert shown.rows[0][-1].text.endswith("[studies counted here]")


def test_a_late_report_and_a_period_that_counts_as_issued_say_so(found: Found) -> None:
    facts = found[1]
    frozen = facts.edition.freeze.at.date()
    schedule = replace(
        facts.schedule, issue_due=frozen - timedelta(days=31), issued_through=REPORT[1]
    )
    cover = build(replace(facts, schedule=schedule)).sections[0].blocks
    said = dict(next(one for one in cover if isinstance(one, Definitions)).items)
    assert f"{frozen}, is 31 days after the day" in said["In time"].text
    assert any("counts as issued" in one.text for one in cover if isinstance(one, ComputedText))
    after = replace(schedule, issued_through=REPORT[1] - timedelta(days=1))
    cover = build(replace(facts, schedule=after)).sections[0].blocks
    assert not any("counts as issued" in str(one) for one in cover)


@pytest.mark.requirement("REG-067")
def test_sites_without_data_trends_capas_and_risks_are_quoted(found: Found) -> None:
    content = found[2]
    said = " ".join(getattr(one, "text", "") for section in content.sections
                    for one in section.blocks)  # fmt: skip
    assert "on record: north hospital, south clinic. Nothing is said of a site without" in said
    trend = table(content, "Trends by look and question").rows[0]
    assert [one.text for one in trend][7:] == ["no trend", "not decided"]
    asked = table(content, "Questions of trends").rows
    assert [one[0].text for one in asked].count(trend[2].text) == 1, "once, whatever the looks"
    assert "Nothing is judged of other days" in said and "(no trend 1)" in said
    assert "Risk items observed above the estimate of the risk file: none" in said
    assert table(content, "T8").rows[0][0].text == "CAPA-0001"
    risk = table(content, "Observed against estimated").rows[0]
    assert risk[4].text == "0.2" and risk[6].text.startswith("0.330 (95 % CI 0.070 to 0.970")
    assert "not compared, since no earlier report" in said
    assert "EEA+TR+XI without a report on record: INC-0001." in said


def test_a_released_change_is_no_open_action_and_the_days_of_a_capa_are_printed(
    found: Found,
) -> None:
    store = found[0]
    before = table(found[2], "Actions that were open")
    assert {"CHR-0001", "CAPA-0001"} <= {row[0].text for row in before.rows}
    days = '{"closed": "2027-03-01", "planned": "2026-12-01"}'
    with Session(store.engine) as session:
        session.connection().execute(text("UPDATE change_request SET status = 'released'"))
        session.connection().execute(
            text("UPDATE capa SET due = :days, status = 'investigated'"), {"days": days}
        )
        rows = {one.record: one for one in actions(session, small.DEVICE, REPORT).rows}
        session.rollback()
    assert "CHR-0001" not in rows
    assert rows["CAPA-0001"].values[3] == "planned 2026-12-01; closed 2027-03-01"


def test_a_capa_that_is_not_closed_lacks_its_owner_and_day(found: Found) -> None:
    with Session(found[0].engine) as session:
        session.connection().execute(
            text("UPDATE capa SET due = '{}', owner = '', status = 'investigated'")
        )
        lacking = capas(session, small.DEVICE, REPORT).lacking
        session.connection().execute(text("UPDATE capa SET status = 'closed'"))
        closed = capas(session, small.DEVICE, REPORT).lacking
        session.rollback()
    assert lacking == ("CAPA-0001: no owner is named and no day is set for 'planned'.",)
    assert not closed


def test_the_same_facts_give_the_same_content_and_a_text_takes_its_gap(found: Found) -> None:
    _, facts, content = found
    with_text = build(replace(facts, notes={"verdict": Note("unchanged", "A", "RA", TODAY)}))
    assert build(facts).sections == content.sections
    assert len(placed_gaps(with_text)) == len(placed_gaps(content)) - 1
    assert render(content).pdf.startswith(b"%PDF")


def test_figures_of_the_last_report_are_held_against_those_of_now(found: Found) -> None:
    _, facts, content = found
    figures = figures_of(content.sections)
    now = figures["T1: Volume of sales by region", "worldwide, installations", N[3:]]
    assert now == "15 (contracts)"
    rows = tuple(
        Listed("DOC-0009", (*key, "14 (contracts)" if text == now else text))
        for key, text in figures.items()
    )
    again = build(replace(facts, previous=Previous("DOC-0009", REPORT, rows)))
    (restated,) = table(again, "Figures stated otherwise").rows
    assert [one.text for one in restated][4:] == ["14 (contracts)", now]
    assert "restatements" in {gap.place for _, gap in placed_gaps(again)}
    same = tuple(Listed("DOC-0009", (*key, text)) for key, text in figures.items())
    kept = build(replace(facts, previous=Previous("DOC-0009", REPORT, same)))
    assert not any(isinstance(one, Gap) for one in kept.sections[-1].blocks)


def test_the_last_report_is_read_from_its_stored_bytes(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _, content = found
    vault = Vault(store.workspace.vault)
    digest = vault.put(render(content).json)
    with store.transaction("demo.quality", "an earlier report", now=TODAY) as tx:
        tx.add(Document(
            device_id=1, kind=PSUR, number="DOC-04-x", version=1, title="PSUR",
            period_from=date(2022, 3, 7), period_to=date(2024, 3, 6), freeze_at=TODAY,
            freeze_sequence=1, facts_digest="f", template_digest="t", draft_json_digest=digest,
            compiled_at=TODAY,
        ))  # fmt: skip
    with store.reader() as reader:
        basis, _ = compiled(reader, vault)
        assert previous(reader, basis, PSUR, REPORT).why_none, "a draft is no report"
        monkeypatch.setattr(surveillance_previous, "IN_FORCE", ("draft",))
        read = previous(reader, basis, PSUR, REPORT)
    assert {tuple(row.values) for row in read.rows} == {
        (*key, text) for key, text in figures_of(content.sections).items()
    }


def test_an_empty_workspace_gives_a_report_of_gaps(store: Store) -> None:
    with store.transaction("demo.engineer", "define", now=TODAY) as tx:
        small.add_device(tx)
    with store.reader() as reader:
        content = content_now(reader, Request(PSUR, small.DEVICE, None), now=TODAY)[1]
        assert reader.exec(select(Incident)).first() is None
    assert [one.number for one in content.sections] == OUTLINE
    missing = {gap.missing for _, gap in placed_gaps(content)}
    assert {"Performance of the AI function in the field", "Judgement of trends in the period",
            "Observed frequency of each risk item against its estimate",
            "Feedback and complaints of the period"} <= missing  # fmt: skip
    assert cells(content, "T4")["all serious incidents", "worldwide"].text.startswith("0; rate not")
