"""What can go wrong, one class for each thing that a person can do about it.

RadvigilError
├── Refused            the rules do not allow it: read the hint, do something else first
│   ├── TransitionRefused
│   └── NotAllowed     this actor may not: sign in as somebody who may
│       ├── PasswordWrong  it was mistyped, or is somebody else's: it counts towards a lock
│       └── PasswordToChange  somebody else knows it, or it is too old: set an own one first
├── InvalidInput       a file or field is wrong: correct it
│   └── NameUsed       an account of this name exists or existed: choose another
├── NotFound           no such record or file: check the name
├── WorkspaceMissing   no workspace here: name one or make one
├── Unavailable        something outside does not answer: try again later
└── IntegrityBroken    a record, a hash or a file is not what was written: stop and investigate
"""


class RadvigilError(Exception):
    """Anything Radvigil refuses or cannot do, in a sentence a person can act on."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip() if hint else message)
        self.message = message
        self.hint = hint


class Refused(RadvigilError):
    """The rules do not allow this now."""


class TransitionRefused(Refused):
    """A record may not go from its status to the one asked for."""

    def __init__(self, subject: str, current: str, wanted: str, *, allowed: list[str]) -> None:
        self.subject, self.current, self.wanted = subject, current, wanted
        ways = ", ".join(allowed) if allowed else "none, the status is final"
        super().__init__(
            f"{subject} is '{current}' and may not become '{wanted}'.", hint=f"Allowed: {ways}."
        )


class NotAllowed(Refused):
    """This actor does not have the role, or could not be identified."""


class PasswordWrong(NotAllowed):
    """The password is not that of the account."""


class PasswordToChange(NotAllowed):
    """The person must set an own new password before anything else."""


class InvalidInput(RadvigilError):
    """A file or field is wrong; the message names it and says what to do."""

    exit_code = 2


class NameUsed(InvalidInput):
    """An account of this name exists or existed; names are never given again."""


class NotFound(RadvigilError):
    """There is no such record, file or name."""


class WorkspaceMissing(RadvigilError):
    """No workspace at the place that was looked at."""


class Unavailable(RadvigilError):
    """Something outside (a program, a service, a lock) does not answer."""


class IntegrityBroken(RadvigilError):
    """A record, a hash or a file is not what was written."""

    exit_code = 3
