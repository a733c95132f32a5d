"""Use suspended and a CAPA worked on from the command line, and what is shown of both."""

import json
from pathlib import Path

import pytest
from sqlmodel import select

from records.product import Deployment, ModelVersion, Site
from records.store import Store
from tests.cli.conftest import Run, run
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate

__all__ = ["run"]

WHY = ("--reason", "the figures fell")


@pytest.fixture
def quality(run: Run, store: Store) -> Run:
    """Call a verb as the quality manager, where a version returns results at the first site."""
    populate(store)
    with store.transaction("setup", "setup", now=TODAY) as tx:
        version = tx.exec(select(ModelVersion)).first()
        place = tx.exec(select(Site).where(Site.name == SITES[0])).one()
        assert version is not None
        for one in tx.exec(select(Deployment)):
            one.ended_at = TODAY
            tx.add(one)
        tx.add(Deployment(model_version_id=version.id or 0, site_id=place.id or 0, mode="live",
                          started_at=TODAY))  # fmt: skip
    store.close()
    home = store.workspace.home
    assert run("--home", home, "user", "login", "demo.quality", password=PASSWORD).exit_code == 0
    return lambda *words: run("--home", home, *words, password=PASSWORD)


@pytest.mark.requirement("REG-063")
def test_one_person_stops_the_device_and_works_on_the_capa(quality: Run) -> None:
    done = quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY)
    assert done.exit_code == 0, done.output
    assert "SUS-0001 is proposed" in done.stdout
    done = quality("suspension", "confirm", "SUS-0001", *WHY)
    assert done.exit_code == 0, done.output
    assert f"use is suspended at {SITES[0]}" in done.stdout
    assert "Whether it must be reported: COA-0001" in done.stdout
    (shown,) = json.loads(quality("suspension", "list", "--json").stdout)
    assert (shown["status"], shown["correction"]) == ("in force", "COA-0001 open")
    refused = quality("suspension", "decline", "SUS-0001", *WHY)
    assert (refused.exit_code, "may not become 'declined'" in refused.stderr) == (1, True)

    assert "SUS-0001" in quality("capa", "list").stdout
    refused = quality("capa", "advance", "CAPA-0001", "planned", *WHY)
    assert "Allowed: investigated" in refused.stderr
    done = quality("capa", "advance", "CAPA-0001", "investigated", "--say",
                   "containment=read without it", "--say", "root_cause=gain", *WHY)  # fmt: skip
    assert done.exit_code == 0, done.output
    told = quality("capa", "show", "CAPA-0001").stdout
    assert "read without it" in told
    assert "effectiveness_criterion" in told


def test_a_resumption_on_what_did_not_pass_is_refused_in_a_sentence(quality: Run) -> None:
    quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY)
    quality("suspension", "confirm", "SUS-0001", *WHY)
    refused = quality("suspension", "resume", "SUS-0001", "--on", "RVL-0001", "--grounds", "set",
                      *WHY)  # fmt: skip
    assert refused.exit_code == 1
    assert "RVL-0001 was made before SUS-0001 was in force" in refused.stderr
    shown = json.loads(quality("monitor", "revalidations", "--json").stdout)
    assert [one["label"] for one in shown["made"]] == ["RVL-0001"]


def test_a_plan_without_rules_refuses_to_revalidate_and_says_what_to_add(quality: Run) -> None:
    refused = quality("monitor", "revalidate", "--site", SITES[0], *WHY)
    assert refused.exit_code == 1, refused.output
    assert "has no section 'revalidation'" in refused.stderr


def test_a_suspension_says_that_a_plan_without_rules_has_no_way_back(quality: Run) -> None:
    for words in (
        quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY).stdout,
        quality("suspension", "confirm", "SUS-0001", *WHY).stdout,
    ):
        assert f"Use at {SITES[0]} cannot resume yet" in words
        assert "no section 'revalidation'" in words
    (there,) = (one for one in json.loads(quality("site", "list", "--json").stdout)
                if one["site"] == SITES[0])  # fmt: skip
    assert (there["mode"], there["suspended"]) == ("live", "SUS-0001")
    for verb, words in (
        (("site", "ledger", SITES[0], "--on", "2999-01-01"), "2999-01-01 is to come"),
        (("model", "ledger", "MDV-0001", "--since", "2026-03-02", "--until", "2026-03-01"),
         "The period ends on 2026-03-01, before it begins on 2026-03-02."),
    ):  # fmt: skip
        refused = quality(*verb)
        assert (refused.exit_code, words in refused.stderr) == (2, True), refused.output


@pytest.mark.requirement("REG-085")
def test_what_is_owed_is_listed_and_a_capa_is_opened_given_and_checked(
    quality: Run, tmp_path: Path
) -> None:
    assert quality("capa", "open", "--source", "ALT-0001", "--problem", "it fell", *WHY).stdout == (
        "CAPA-0001 of ALT-0001 is open.\n"
    )
    done = quality("capa", "assign", "CAPA-0001", "--owner", "demo.engineer", "--due",
                   "investigated=2026-04-01", "--link", "CHR-0001", *WHY)  # fmt: skip
    assert "owner demo.engineer" in done.stdout, done.output
    checked = json.loads(quality("capa", "check", "CAPA-0001", "--json").stdout)
    assert checked["verdict"] == "not yet decided"
    assert "set when it is planned" in checked["words"]
    listed = json.loads(quality("work", "list", "--json").stdout)
    (one,) = [row for row in listed if row["record"] == "CAPA-0001"]
    assert (one["due"], one["owner"], one["legal"]) == ("2026-04-01", "demo.engineer", False)
    mine = json.loads(quality("work", "list", "--mine", "--json").stdout)
    assert "ALT-0001" in [row["record"] for row in mine]
    assert "CAPA-0001" not in [row["record"] for row in mine]
    refused = quality("capa", "decline", "--source", "ALT-0001", "--grounds", "chance", *WHY)
    assert "CAPA-0001 of ALT-0001 is 'open'" in refused.stderr
    file = tmp_path / "work.ics"
    assert quality("work", "calendar", "--out", file).exit_code == 0
    assert "CAPA-0001" in file.read_text()
