"""An auditor looks and takes copies; every acting verb refuses the auditor, and the trail says so.

The list of verbs is complete: a new acting verb has to be added here.
"""

import json
from pathlib import Path

import pytest

from cli.app import NOUNS, load_noun
from cli.options import ACT
from records.absences import record_absence
from records.audit_grants import grant_access
from records.awareness import AwarenessCandidate
from records.kinds import Scope
from records.people import Role, find_actor, register_person
from records.store import Store
from tests.cli.conftest import OWN, WORD, Run
from tests.dashboards.small_workspace import PASSWORD, SITES, TODAY, populate
from tests.records.each_fact import add_each_fact
from tests.records.one_of_each import add_one_of_each

WHY = ("--reason", "I try")
AT = "2026-03-06T08:00:00+01:00"
ACTING: dict[str, tuple[str, ...]] = {
    "adjudication draw": ("--since", "2026-02-01", "--until", "2026-02-28", *WHY),
    "adjudication evaluate": (),
    "adjudication read": ("--case", "ADJ-0001", "--answer", "absent"),
    "alert acknowledge": ("ALT-0001", "--finding", "new software", *WHY),
    "alert assign": ("ALT-0001", "--to", "demo.quality", *WHY),
    "alert cases": ("ALT-0001", "--out", "cases.csv"),
    "alert close": ("ALT-0001", "--disposition", "false alarm", "--root-cause", "chance",
                    "--conclusion", "none", *WHY),
    "alert escalate": (),
    "alert route": ("quality", *WHY),
    "alert send": (),
    "alert test": (),
    "alert withdraw-route": ("RTE-0001", *WHY),
    "audit anchor": (),
    "breach assess": ("BRC-0001", "--risk", "risk", *WHY),
    "breach close": ("BRC-0001", *WHY),
    "breach notify": ("BRC-0001", "supervisory authority", "--at", "2099-01-01", "--evidence",
                      "no. 7", *WHY),
    "breach record": ("a lost disk", "--aware", "2020-01-01", "--categories", "images", "--risk",
                      "risk", "--law", "EU", *WHY),
    "backup": ("--to", "a.backup", "--key-file", "a.key"),
    "change assess": ("CHR-0001", "--facts", "answers.yaml", *WHY),
    "change propose": ("MDV-0001", *WHY),
    "change refuse": ("CHR-0001", *WHY),
    "change review": ("CHR-0001", *WHY),
    "change release": ("CHR-0001", "--site", SITES[0], *WHY),
    "change sign": ("CHR-0001", "--meaning", "review", *WHY),
    "dataset freeze": ("--source", "x", "--legal-basis", "x", "--consent", "x"),
    "device accept": ("DEV-0001", *WHY),
    "device define": ("chest-radiograph-pneumonia", *WHY),
    "device sign": ("DEV-0001", "--meaning", "author", *WHY),
    "document approve": ("DOC-0002", *WHY),
    "document attempt": (
        "DOC-0001", "--gap", "1", "--who", "x", "--on", "2026-03-01", "--channel", "x",
        "--question", "x", "--answer", "x",
    ),
    "document answer": ("RVC-0001", "--words", "done"),
    "document assign": ("DOC-0002", "--gap", "1", "--owner", "demo.quality", "--due",
                        "2099-01-01"),
    "document checklist": ("DOC-0002", "--facts", "answers.csv"),
    "document comment": ("DOC-0002", "section 1", "--words", "which version?"),
    "document compile": ("change_log",),
    "document import-texts": ("texts.csv",),
    "document write": ("validation_report", "limits", "--text", "one scanner"),
    "document declare-unknown": ("DOC-0002", *WHY),
    "document effective": ("DOC-0002", *WHY),
    "document obsolete": ("DOC-0002", *WHY),
    "document reject": ("DOC-0002", "--comment", "wrong", *WHY),
    "document sign": ("DOC-0002", "--meaning", "author", *WHY),
    "document submit": ("DOC-0002", *WHY),
    "document withdraw": ("DOC-0002", *WHY),
    "external receive": (".", "--site", SITES[0]),
    "fact add": ("sales", "--say", "key=a", *WHY),
    "fact correct": ("SAL-0001", "--say", "number=9", *WHY),
    "fact withdraw": ("SAL-0001", *WHY),
    "fact import": ("sales", "old.csv", *WHY),
    "gateway run": (),
    "hl7 run": ("--sender", "AET-0001=RIS@NORTH", "--port", "1"),
    "identity confirm": ("DEL-0001", *WHY),
    "identity destroy": WHY,
    "identity grant": ("demo.quality", "--from", "2099-01-01", "--to", "2099-01-02", "--purpose",
                       "recall", *WHY),
    "identity merge": ("P0123456789abcdef", "--into", "P0123456789abcdee", *WHY),
    "identity reveal": ("P0123456789abcdef", "--purpose", "recall"),
    "identity withdraw": ("IDG-0001", *WHY),
    "install collect": ("--yes",),
    "install declare": ("--point", "home", "--words", "encrypted", "--evidence", "ticket 7",
                        "--until", "2099-01-01", *WHY),
    "install fetch": ("--from", "elsewhere"),
    "install push": ("--to", "elsewhere"),
    "install rotate-key": ("identity", *WHY),
    "install verify": (),
    "install withdraw": ("DCL-0001", *WHY),
    "model encoder": ("w.safetensors", "--name", "x", "--version", "1", "--source", "x",
                      "--licence", "x", "--method", "x"),
    "model evaluate": ("MDV-0001",),
    "model pretrain": (),
    "model register": ("--onnx", "m.onnx", "--preprocessing", "m.yaml", "--operating-point", "0.5",
                       *WHY),
    "model retrain": (),
    "model train": (),
    "model validate": ("MDV-0001",),
    "monitor announce": ("--site", SITES[0], "--what", "scanner", "--from", "2026-03-01", "--until",
                         "2026-03-02", "--description", "another unit", *WHY),
    "monitor compare-truth": (),
    "monitor measure": ("--since", "2026-02-01", "--until", "2026-02-28"),
    "study resubmit": ("QUA-0001", *WHY),
    "change rollback": ("CHR-0001", "--site", SITES[0], *WHY),
    "go-live plan": (SITES[0], "--model", "MDV-0001", "--clinician", "demo.engineer", *WHY),
    "go-live start": ("GLV-0001", *WHY),
    "go-live judge": ("GLV-0001", *WHY),
    "go-live accept": ("GLV-0001", *WHY),
    "go-live decline": ("GLV-0001", *WHY),
    "model clear": ("MDV-0001", "--authority", "FDA", "--number", "K1", "--on", "2026-01-05", *WHY),
    "problem decide": ("PRB-0001", "known anomaly", "--rationale", "x", "--risk", "none", *WHY),
    "problem report": ("MDV-0001", "--words", "it stops", *WHY),
    "risk import": ("chest-radiograph-pneumonia", *WHY),
    "risk sign": ("RKF-0001", *WHY),
    "risk accept": ("RKF-0001", *WHY),
    "risk review": ("--from", "2026-01-05", "--to", "2026-02-05", "--conclusion", "x", *WHY),
    "rollout plan": ("CHR-0001", "rollout.yaml", *WHY),
    "rollout sign": ("RLO-0001", *WHY),
    "rollout advance": ("RLO-0001", *WHY),
    "rollout look": ("RLO-0001", *WHY),
    "rollout halt": ("RLO-0001", *WHY),
    "rollout tell": ("RLO-0001", "--words", "x", "--site", SITES[0], *WHY),
    "soup advisories": ("advisories.json", *WHY),
    "soup decide": ("VLN-0001", "not affected", "--words", "x", *WHY),
    "soup review": ("--conclusion", "x", *WHY),
    "trace results": ("junit.xml", *WHY),
    "capa advance": ("CAPA-0001", "investigated", "--say", "containment=read without it", "--say",
                     "root_cause=gain", *WHY),
    "capa assign": ("CAPA-0001", "--owner", "demo.engineer", *WHY),
    "capa decline": ("--source", "ALT-0001", "--grounds", "chance", *WHY),
    "capa import": ("old.csv", *WHY),
    "capa open": ("--source", "ALT-0001", "--problem", "it fell", *WHY),
    "monitor day": ("2026-03-06",),
    "monitor incident": ("--site", SITES[0], "--from", "2026-02-01", "--cause", "gain"),
    "monitor recount": (),
    "monitor renew": ("PLC-0001", *WHY),
    "monitor revalidate": (),
    "monitor sign-revalidation": ("RVL-0001", *WHY),
    "monitor trend-look": (),
    "monitor trend-decide": ("TLK-0001", *WHY),
    "work override": ("CAPA-0001", "2026-12-01", *WHY),
    "work remind": (),
    "work serve": (),
    "work subscribe": WHY,
    "work unsubscribe": ("CLT-0001", *WHY),
    "complaint receive": ("--words", "x", "--channel", "letter", "--received-at", AT, *WHY),
    "complaint assess": ("CMP-0001", "--harm", "NONE", "--harm-grounds", "x", *WHY),
    "complaint link": ("CMP-0001", "CMP-0001", "--kind", "duplicate", *WHY),
    "complaint close": ("CMP-0001", "--conclusion", "x", *WHY),
    "complaint import": ("old.csv", *WHY),
    "incident open": ("CMP-0001", *WHY),
    "incident screen": ("AWR-0001", *WHY),
    "incident fact": ("INC-0001", "--known-at", AT, *WHY),
    "incident assess": ("INC-0001", "US", *WHY),
    "incident decide": ("INC-0001", "US", "reportable", *WHY),
    "incident follow-up": ("INC-0001", "US", "--changed", "x", *WHY),
    "incident submit": ("RGR-0001", "--authority", "FDA", *WHY),
    "incident request": ("INC-0001", *WHY),
    "field-action open": ("plan.yaml", *WHY),
    "field-action approve": ("FSA-0001", *WHY),
    "field-action withdraw": ("FSA-0001", *WHY),
    "field-action notify": ("FSA-0001", "--site", "north", *WHY),
    "field-action answer": ("FSA-0001", "--site", "north", "--words", "x", *WHY),
    "field-action close": ("FSA-0001", "--finding", "x", *WHY),
    "submission keep": ("MIR", "INC-0001", *WHY),
    "submission sign": ("FRM-0001", *WHY),
    "submission submit": ("FRM-0001", "--authority", "FDA", *WHY),
    "incident close": ("INC-0001", "--conclusion", "x", *WHY),
    "suspension assess": ("COA-0001", "--answer", "21 CFR 806=no: none", *WHY),
    "suspension confirm": ("SUS-0001", *WHY),
    "suspension decline": ("SUS-0001", *WHY),
    "suspension lift": ("RSM-0001", *WHY),
    "suspension propose": (SITES[0], "--grounds", "it fell", *WHY),
    "suspension resume": ("SUS-0001", "--on", "RVL-0001", "--grounds", "gain", *WHY),
    "suspension sign": ("RSM-0001", *WHY),
    "monitor start": ("--daily", "20"),
    "monitor verify": (),
    "monitor withdraw": ("PLC-0001", *WHY),
    "node fetch": ("AET-0001", "A1"),
    "node register": ("PACS1", "--site", SITES[1], *WHY),
    "node retire": ("AET-0001", *WHY),
    "node resend": ("RSD-0001", *WHY),
    "node run": ("--port", "1"),
    "node send": (),
    "node watch": (".", "--site", SITES[1]),
    "reader link": ("STU-0001", "--reader", "R07"),
    "reader receive": ("answers.dcm",),
    "reader serve": ("--port", "1"),
    "reader withdraw": ("RLK-0001", *WHY),
    "rule approve": WHY,
    "rule recompute": WHY,
    "report receive": ("reports.csv", "--site", SITES[1]),
    "report read-held": ("QUA-0001", "--purpose", "cleaning"),
    "report release": ("QUA-0001", *WHY),
    "report reread": (),
    "retention confirm": ("DEL-0001", *WHY),
    "retention fact": ("legal_basis_ends", SITES[1], "2029-01-31", "--evidence", "letter 4", *WHY),
    "retention hold": ("--site", SITES[1], *WHY),
    "retention lift": ("HLD-0001", *WHY),
    "retention propose": ("--kind", "image", *WHY),
    "retention resume": (),
    "retention withdraw": ("DEL-0001", *WHY),
    "site address": (SITES[1], "--address", "1 High Street", *WHY),
    "site confirm": (SITES[1], *WHY),
    "site import": ("old.csv", *WHY),
    "site place": (SITES[1], "DE", *WHY),
    "notice acknowledge": ("NTC-0001", *WHY),
    "study assessments": ("readings.csv",),
    "study truth": ("truth.csv",),
    "token make": ("bridge", "--may", "take-in", "--until", "2099-01-01", *WHY),
    "token revoke": ("TKN-0001", *WHY),
    "user absent": ("demo.quality", "--from", "2099-01-01", "--until", "2099-01-01",
                    "--substitute", "demo.regulatory", *WHY),
    "user grant": ("demo.auditor", "--from", "2026-03-06", "--to", "2026-03-07", "--purpose",
                   "audit 7", *WHY),
    "user withdraw": ("GRN-0001", *WHY),
    "user verify-identity": ("demo.quality", "--way", "document-seen", "--evidence", "passport",
                             "--on", "2026-03-06", *WHY),
    "user link": ("demo.quality", "--subject", "7f3a", "--issuer", "https://x.example", *WHY),
    "user returned": ("demo.engineer", *WHY),
    "user unlink": ("demo.quality", *WHY),
    "user add": ("eve", "--full-name", "Demo Eve", "--role", "quality"),
    "user deactivate": ("demo.quality", *WHY),
    "user qualify": (
        "demo.quality", "--for", "review", "--until", "2099-01-01", "--evidence", "course", *WHY
    ),
    "user unlock": ("demo.quality", *WHY),
}
ELSEWHERE = {
    "demo", "restore",  # they make a workspace of their own
    "find", "pipeline",  # no verbs: they look
    "serve",  # opens the pages, which ask for themselves
    "device new", "open-sealed", "reseal",  # read and write files outside the records
    "install migrate",  # any verb that writes does the same, before it reads who is signed in
    "study ingest",  # of a live workspace only: the last test
    "user login", "user logout", "user password", "user acknowledge",  # everybody, for oneself
}  # fmt: skip


@pytest.fixture
def auditor(run: Run, store: Store, tmp_path: Path) -> Run:
    """Call a verb in a small workspace as the auditor; there is a draft to approve."""
    populate(store)
    with store.transaction("setup", now=TODAY) as tx:
        register_person(tx, "demo.auditor", full_name="Demo Auditor", roles=[Role.AUDITOR],
                        password=PASSWORD, now=TODAY)  # fmt: skip
        add_one_of_each(tx, TODAY)
        add_each_fact(tx, TODAY)
        tx.add(AwarenessCandidate(alert_id=1, device_id=1, site="north", occasion="alert raised",
                                  grounds="x", words="x", known_at=TODAY, recorded_at=TODAY))
        away, other = find_actor(tx, "demo.engineer"), find_actor(tx, "demo.quality")
        record_absence(tx, away, substitute=other, first_day=TODAY.date(), last_day=TODAY.date(),
                       reason="course", by=away, now=TODAY)  # fmt: skip
        grant_access(tx, find_actor(tx, "demo.auditor"), Scope(), purpose="audit 7",
                     first_day=TODAY.date(), last_day=TODAY.date(), by=other, now=TODAY)
    store.close()
    (tmp_path / "a.key").write_bytes(bytes(range(32)))
    (tmp_path / "texts.csv").write_text("kind,place,text\nvalidation_report,limits,one scanner\n")
    (tmp_path / "truth.csv").write_text("study_uid,finding\n")
    (tmp_path / "old.csv").write_text(f"number,words,channel,received_at\n1,x,letter,{AT}\n")
    (tmp_path / "answers.csv").write_text("question,answer,page,remark\nA1,yes,1,\n")
    (tmp_path / "reports.csv").write_text("study,text,status,reported_on,reader\n")
    home = store.workspace.home
    compiled = run("--home", home, "document", "compile", "change_log")
    assert compiled.exit_code == 0, compiled.output
    entered = run("--home", home, "user", "login", "demo.auditor", password=PASSWORD)
    assert entered.exit_code == 0
    return lambda *words: run("--home", home, *words, password=PASSWORD)


def events(run: Run) -> list[tuple[str, str]]:
    found = json.loads(run("audit", "show", "--last", "999", "--json").stdout)
    return [(one["actor"], one["action"]) for one in found]


def acting_verbs() -> set[str]:
    found = set()
    for name in NOUNS:
        command = load_noun(name)
        verbs = getattr(command, "commands", None)
        if verbs is None:
            found.add(name)
        for verb, one in (verbs or {}).items():
            if one.rich_help_panel == ACT and not one.hidden:
                found.add(f"{name} {verb}")
    return found


@pytest.mark.requirement("REG-002", "R-P11-10g")
def test_no_acting_verb_is_forgotten() -> None:
    assert acting_verbs() == set(ACTING) | ELSEWHERE


@pytest.mark.requirement("REG-002", "R-P11-10g")
def test_every_acting_verb_refuses_an_auditor_and_only_that_is_written(auditor: Run) -> None:
    before = events(auditor)
    for verb, words in ACTING.items():
        refused = auditor(*verb.split(), *words)
        assert (refused.exit_code, "may not" in refused.stderr) == (1, True), (verb, refused.output)
    after = events(auditor)[len(before) :]
    assert {actor for actor, _ in after} == {"demo.auditor"}
    assert len(after) == len(ACTING)
    assert all(action.endswith("refused") for _, action in after)


@pytest.mark.requirement("REG-002")
def test_an_auditor_looks_and_takes_copies(auditor: Run, tmp_path: Path) -> None:
    for words in (
        ("alert", "list"), ("document", "list"), ("user", "list"),
        ("audit", "verify", "--records-only"),
        ("audit", "export", "--out", tmp_path / "trail"),
        ("document", "export", "DOC-0002", "--out", tmp_path / "papers"),
    ):
        done = auditor(*words)
        assert done.exit_code == 0, (words, done.output)


@pytest.mark.requirement("REG-002")
def test_an_auditor_of_a_live_workspace_is_added_and_takes_nothing_in(
    run_as: Run, run: Run, home: Path, arrivals: Path
) -> None:
    added = run_as("user", "add", "olga", "--full-name", "Olga Auditor", "--role", "auditor")
    assert added.exit_code == 0, added.output
    assert run("--home", home, "user", "login", "olga", password=WORD, new=OWN).exit_code == 0
    refused = run_as("study", "ingest", arrivals, "--site", "north")
    assert (refused.exit_code, "may not take in studies" in refused.stderr) == (1, True)
    assert json.loads(run_as("study", "list", "--json").stdout) == []
