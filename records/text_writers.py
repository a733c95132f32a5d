"""Who writes the text of a place of a document: for some places only a person of that function."""

from records.errors import NotAllowed
from records.people import Actor, Role
from records.permissions import Action, permitting, require

WRITTEN_BY: dict[str, frozenset[Role]] = {
    "person responsible for regulatory compliance": frozenset({Role.RESPONSIBLE_PERSON}),
    "top management": frozenset({Role.RESPONSIBLE_PERSON}),
    "clinical lead": frozenset({Role.CLINICIAN}),
}
"""By the function that a place waits for, the roles that write its text. The text of another
function is written by everybody who may write texts. No role is top management's own: who answers
for compliance by law writes for it."""


def writes_for(actor: Actor, who: str) -> bool:
    """Whether this actor may write the text of a place that waits for a function."""
    return bool(_roles(actor, who))


def _roles(actor: Actor, who: str) -> list[Role]:
    fitting = WRITTEN_BY.get(who)
    return [one for one in permitting(actor, Action.WRITE_TEXT) if fitting is None
            or one in fitting]  # fmt: skip


def require_writer(actor: Actor, who: str) -> Role:
    """The role by which this actor may write the text of a place that waits for a function.

    Raises:
        NotAllowed: No role of the actor may write texts, or none is of that function.
    """
    require(actor, Action.WRITE_TEXT)
    own = _roles(actor, who)
    if not own:
        fitting = sorted(one.value for one in WRITTEN_BY[who])
        raise NotAllowed(
            f"'{actor.name}' may not write this text: it is for the {who} to write.",
            hint=f"Somebody with this role may: {', '.join(fitting)}.",
        )
    return own[0]
