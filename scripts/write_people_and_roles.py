"""Write docs/people-and-roles.md from the tables: python scripts/write_people_and_roles.py"""

from collections.abc import Iterator
from pathlib import Path

from records.absences import OWNED
from records.identity_checks import WAYS
from records.kinds import KINDS
from records.lockout import FAILURES, LOCKED_FOR
from records.passwords import SHORTEST_PASSWORD
from records.people import Meaning, Role
from records.permissions import MAY, ROUTINES
from records.required_signatures import BY_KIND
from records.separation import NOT_BOTH
from records.sessions import IDLE_LIMIT
from records.signature_policy import signature_policy

PAGE = Path(__file__).resolve().parents[1] / "docs" / "people-and-roles.md"

OPENING = """# People and roles

Written by `scripts/write_people_and_roles.py` from `records/permissions.py` and the constants that
the program itself uses; a test compares the two. Nothing else decides who may do what: what is not
in the table is refused, and an act that is not in it is an error.
"""

NOTES = {
    Role.ENGINEER: "makes devices, datasets and versions, proposes changes",
    Role.QUALITY: "answers alerts, approves, releases",
    Role.REGULATORY: "approves, releases",
    Role.CLINICIAN: "clinical reviewer",
    Role.RESPONSIBLE_PERSON: "person responsible for regulatory compliance (MDR Art. 15)",
    Role.ADMINISTRATOR: "accounts, qualifications, backups; decides nothing about the device",
    Role.AUDITOR: "looks at what was granted and takes copies; changes nothing",
    Role.SERVICE: "routine work; no person has this role, and a service has no other",
}


def people_page() -> str:
    """The whole page, from the tables as they are."""
    parts = (
        _opening(), _table(), _separation(), _absence(), _auditors(), _before_signing(), _rest(),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _opening() -> Iterator[str]:
    yield OPENING
    yield "| role | who |\n|---|---|"
    yield from (f"| {role.value} | {NOTES[role]} |" for role in Role)
    yield ""


def _table() -> Iterator[str]:
    yield "## Who may do what\n"
    yield "| may | " + " | ".join(role.value for role in Role) + " |"
    yield "|---" * (len(Role) + 1) + "|"
    for action, roles in MAY.items():
        marks = ("yes" if role in roles else "" for role in Role)
        yield f"| {action.value} | " + " | ".join(marks) + " |"
    listed = "; ".join(f"`{name}` may {action.value}" for name, action in ROUTINES.items())
    yield f"""
Somebody with several roles may do what any of them may. An account that is not active may do
nothing. Routine work is done by a service of its own name, with the operating-system user on
record, and needs nobody signed in: {listed}. Somebody who is signed in at
the command line starts only what the table gives to his or her role too.

A refused attempt is an audit event with the account, the act and the instant.
"""


def _separation() -> Iterator[str]:
    judging = ", ".join(f"'{one.value}'" for one in Meaning if one in NOT_BOTH[Meaning.AUTHOR])
    yield f"""## Separation of duties

Definitions, changes and documents need valid signatures of two people in different roles, one of
them an approval. Who made a record (created it, proposed it, or signed it as author) does not sign
it with the meanings {judging}, and does not approve or release it; who signed it with one of them
does not sign it as author. The rule is data in `records/separation.py`.
"""
    yield "| kind of document | signatures beside the two of every approval |\n|---|---|"
    for kind, needed in BY_KIND.items():
        yield f"| {kind} | {'; '.join(one.words for one in needed)} |"
    yield """
Who developed a model is read from the records: who made, or started the training of, the device's
datasets and versions, proposed its changes, or signed one as author. The table is
`records/required_signatures.py`; a kind of document that is not in it is not approved.
"""


def _absence() -> Iterator[str]:
    waiting = "; ".join(action.value for action in OWNED)
    yield f"""## Absence

`radvigil user absent NAME --from DAY --until DAY --substitute NAME --reason WHY` records who is
away and who stands in; everybody records the own absence, that of others needs a role. A substitute
must be allowed by the own roles to do something of what waits for the person ({waiting}),
is not away on those days, and gets no role by it; separation of duties counts human beings, so
nobody signs twice. What a substitute does of these acts while standing in says 'for NAME' in the
reason of its events. The first page tells the people concerned, `radvigil user responsible` who
answers on a day, and `radvigil user returned NAME` ends an absence early. Substitutes are not
passed on: where the substitute is away too, it is shown that nobody stands in.
"""


def _auditors() -> Iterator[str]:
    yield f"""## Auditors

An account whose only role is auditor sees nothing of a live workspace until access is granted:
`radvigil user grant NAME --from DAY --to DAY --purpose AUDIT --reason WHY`, limited where wanted to
devices, sites, kinds of records (`--kind`) and the days of the records (`--since`, `--until`).
Several grants add up; `radvigil user withdraw GRN-0001` ends one at once. On the pages the auditor
then has one page, with the records of the grants that count today, everything about each, copies to
take along, and samples. Whatever lies outside (a record, another page, a copy) is refused and an
event, `audit access refused`. A record that is of no site lies outside a grant that names sites.
What runs at the command line is open to whoever owns the workspace's files; an auditor who is
signed in there starts no copy. In a demonstration auditors see everything: nothing there is real.

`radvigil audit sample --of KIND --count 5 --year 2026` draws records at random, as does the page of
the audit trail; kinds: {", ".join(KINDS)}.
Who drew, the seed, the size of the population, its digest and what was drawn are an event before
anything is shown. Each record is ranked by SHA-256 of 'seed:label' and the lowest are drawn, so the
same seed draws the same sample.
"""


def _before_signing() -> Iterator[str]:
    ways = "; ".join(f"`{name}`: {words}" for name, words in WAYS.items())
    yield f"""## Before the first signature

- Somebody else records how the person's identity was verified (21 CFR 11.100(b)): `radvigil user
  verify-identity NAME --way WAY --evidence TEXT --on DAY --reason WHY`, and with `--certification`
  the reference of the certification to the FDA that covers the person (11.100(c)). Ways: {ways}.
- The person acknowledges the policy on electronic signatures (11.10(j)), version
  {signature_policy().version}, by the own password: `radvigil user policy` shows it, `radvigil user
  acknowledge` or the page that signs records it, with the SHA-256 of the text. A changed text is
  acknowledged anew.

Without either nobody signs. Signatures that were given before stay valid.
"""


def _rest() -> Iterator[str]:
    meanings = ", ".join(f"'{one.value}'" for one in Meaning)
    yield f"""## Qualification

Nobody signs without a qualification that counts on that day. It is for one meaning of a signature
({meanings}), names its evidence and its last day, and is recorded by somebody else with
`radvigil user qualify NAME --for MEANING --until DATE --evidence TEXT --reason WHY`. After its last
day a signature is refused with that date; a new one is recorded beside the old, which stays. A
signature given while it counted stays valid. The Demo people of a demonstration are qualified when
it is set up, so the same rule holds there. `radvigil user list` shows who is qualified.

## Passwords, locks and sessions

- A password has at least {SHORTEST_PASSWORD} characters; only its argon2id hash is kept. It is
  asked for again at every signature and decision on a release.
- Whoever adds an account, or replaces a forgotten password (`radvigil user password NAME --replace
  --reason WHY`, administrators only), knows that password. It is temporary: the next sign-in, at
  the command line or on the page, asks for an own one before anything else, and nothing is signed
  till then. The Demo people of a demonstration are exempt: they sign in by a button, and their
  printed password guards nothing.
- Passwords do not end by themselves, as NIST SP 800-63B advises. Who is held to an end (21 CFR
  11.300(b)) sets `RADVIGIL_PASSWORD_DAYS` for every process of the installation; after so many
  days the next sign-in asks for a new one, and nothing is signed till then.
- {FAILURES} failed passwords in a row, at sign-in or at signing, lock an account for
  {LOCKED_FOR.seconds // 60} minutes or until an administrator unlocks it (`radvigil user unlock`).
  Every failure, lock and unlocking is an audit event.
- A lock, damage that verification found, and a clock set back are each a notice, written in the
  same transaction. It stands on the administrators' first page and in `radvigil notice list` until
  one of them has answered it (`radvigil notice acknowledge NTC-0001 --reason WHAT`).
- An organisation's identity provider (OpenID Connect) can sign people in to the pages, to accounts
  that an administrator linked; at their first sign-in they set a password of their own, which every
  signature asks for: [openid-connect.md](openid-connect.md).
- A session that nobody used for {IDLE_LIMIT.seconds // 60} minutes is over, by the wall clock.
- Account names are never used again for another person. The first account of a workspace is an
  administrator's.
"""


if __name__ == "__main__":
    PAGE.write_text(people_page(), encoding="utf-8")
