"""The channels by which people are told: e-mail, chat and webhooks, each by one address.

apprise speaks to the services. Only the kinds below are used, each by its own class: an address
cannot reach a plug-in that writes files or runs programs. What a server says of a failure is kept
without any part of the address, which holds passwords and tokens.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, Final
from urllib.parse import unquote

from records.errors import InvalidInput

__all__ = ["SCHEMES", "scheme_of", "send_message"]

SCHEMES: Final[dict[str, tuple[str, str]]] = {
    "mailto": ("email", "NotifyEmail"),
    "mailtos": ("email", "NotifyEmail"),
    "slack": ("slack", "NotifySlack"),
    "workflows": ("workflows", "NotifyWorkflows"),
    "mmost": ("mattermost", "NotifyMattermost"),
    "mmosts": ("mattermost", "NotifyMattermost"),
    "rocket": ("rocketchat", "NotifyRocketChat"),
    "rockets": ("rocketchat", "NotifyRocketChat"),
    "matrix": ("matrix", "NotifyMatrix"),
    "matrixs": ("matrix", "NotifyMatrix"),
    "gchat": ("google_chat", "NotifyGoogleChat"),
    "webex": ("webexteams", "NotifyWebexTeams"),
    "zulip": ("zulip", "NotifyZulip"),
    "nctalk": ("nextcloudtalk", "NotifyNextcloudTalk"),
    "nctalks": ("nextcloudtalk", "NotifyNextcloudTalk"),
    "json": ("custom_json", "NotifyJSON"),
    "jsons": ("custom_json", "NotifyJSON"),
}
"""The kinds of channel by the word that an address begins with: e-mail, chat (workflows: Microsoft
Teams), and json, a webhook that gets a JSON object."""

CONNECT_SECONDS, READ_SECONDS = 10.0, 20.0
"""How long a server is waited for, whatever the address says."""

_INSTANT = re.compile(r"^[\d-]+ [\d:,]+ - [A-Z]+ - ", re.MULTILINE)
_MAILBOX = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")


def scheme_of(address: str) -> str:
    """The kind of channel of an address that can be used.

    Raises:
        InvalidInput: An unknown kind, or an address that its kind cannot use; never its text.
    """
    scheme = address.partition("://")[0].lower()
    if scheme not in SCHEMES or "://" not in address:
        raise InvalidInput(
            "The address is of no kind that people are told by.",
            hint=f"It begins with one of: {', '.join(f'{one}://' for one in SCHEMES)}.",
        )
    if any(not sign.isprintable() or sign.isspace() for sign in address):
        raise InvalidInput("The address holds blanks or signs that cannot be printed.")
    if _channel(address) is None:
        raise InvalidInput(
            f"The address is not one that {scheme} can use: a part is missing or wrong.",
            hint="See docs/alerts.md for an example of each kind.",
        )
    return scheme


WITH_FILES: Final = frozenset({"mailto", "mailtos"})
"""The kinds of channel that a page is attached to; the others are told in words alone."""


def send_message(address: str, title: str, body: str, page: bytes = b"") -> str:
    """Send a message to one address; empty where the server took it, else what was wrong.

    page: a PDF that goes with it, where the channel takes files.

    Waits for a server no longer than it takes to connect and to answer once; does not try again:
    whoever keeps the messages does.
    """
    channel = _channel(address)
    if channel is None:
        return "the address is not one that can be used"
    with _listening() as said:
        try:
            taken = bool(channel.notify(title=title, body=body, attach=_attached(address, page)))
        except Exception as wrong:
            return f"it could not be sent: {type(wrong).__name__}"
        words = said.getvalue()
    return "" if taken else _without(address, words)


def _attached(address: str, page: bytes) -> Any:
    if not page or address.partition("://")[0].lower() not in WITH_FILES:
        return None
    from apprise import AppriseAttachment
    from apprise.attachment.memory import AttachMemory

    held = AttachMemory(  # type: ignore[no-untyped-call]
        content=page, name="week.pdf", mimetype="application/pdf"
    )
    return AppriseAttachment(held)


def _listening() -> Any:
    """Catches what the library says of failures; it says it nowhere else."""
    import apprise

    return apprise.LogCapture(level=30)  # type: ignore[no-untyped-call]


def _channel(address: str) -> Any:
    """The channel of an address; None where its kind cannot use it."""
    import apprise

    module, name = SCHEMES[address.partition("://")[0].lower()]
    kind = getattr(import_module(f"apprise.plugins.{module}"), name)
    parsed = kind.parse_url(address)
    if not parsed:
        return None
    with _listening():
        try:
            channel = kind(
                **parsed, asset=apprise.AppriseAsset(async_mode=False, secure_logging=True)
            )
        except Exception:
            return None
    channel.retry = 0
    channel.socket_connect_timeout = CONNECT_SECONDS
    channel.socket_read_timeout = READ_SECONDS
    return channel


def _without(address: str, words: str) -> str:
    """What was said of a failure, in one line and without any part of the address."""
    plain = _MAILBOX.sub("…", _INSTANT.sub("", words))
    parts = {one for one in re.split(r"[/?&=:@,+]", unquote(address)) if len(one) > 3}
    for part in sorted(parts, key=len, reverse=True):
        plain = plain.replace(part, "…")
    line = "; ".join(one.strip() for one in plain.splitlines() if one.strip())
    return line[:300] or "the server did not take it"
