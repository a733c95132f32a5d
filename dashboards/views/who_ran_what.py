"""The ledger both ways: where a version ran and who is told there, and what ran at a site."""

import streamlit as st

from dashboards import look
from dashboards.desk import Desk
from records.consignees import consignees, ran_at
from records.lookup import list_records
from records.product import ModelVersion, Site


def show_who_ran_what(desk: Desk) -> None:
    """A version's sites and a site's versions, over any days."""
    versions = list(reversed(list_records(desk.reader, ModelVersion)))
    sites = sorted(one.name for one in list_records(desk.reader, Site))
    if not (versions and sites):
        look.quiet("There is no version or no site yet.")
        return
    left, right = st.columns(2)
    since = left.date_input("From", value=None, key="ledger-since")
    until = right.date_input("To", value=None, key="ledger-until")
    period = {"since": since or None, "until": until or None}
    look.section("Where a version ran", "Every site of the period, and who is told there.")
    labels = {f"{one.label} ({one.name})": one for one in versions}
    version = labels[st.selectbox("Version", list(labels), key="ledger-version")]
    look.table(
        ["Site", "Ran", "From", "Until", "Studies read", "Released by", "Told there"],
        [
            [one.site, look.mark(one.mode), one.started_at, one.until or "runs", one.studies,
             one.released_by or "not released",
             ", ".join(one.contacts) or look.Mark("nobody", "bad")]
            for one in consignees(desk.reader, version, **period)
        ],
        empty="It ran nowhere in this period.", wide="Told there",
    )  # fmt: skip
    look.section("What ran at a site", "With the digests that fix it.")
    site = st.selectbox("Site", sites, key="ledger-site")
    look.table(
        ["Version", "Ran", "From", "Version digest", "Definition"],
        [
            [look.Mark(one.version, small=one.name),
             look.mark(one.mode, small=one.change or "without a change request"),
             look.Mark(look.instant(one.started_at),
                       small=f"until {look.instant(one.until)}" if one.until else "runs"),
             look.Code(one.version_digest), look.Code(one.definition_digest)]
            for one in ran_at(desk.reader, str(site), today=desk.now.date(), **period)
        ],
        empty="Nothing ran there in this period.",
    )  # fmt: skip
