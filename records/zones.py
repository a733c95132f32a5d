"""Where a signer's clock stands: the zone is a fact of the signature (21 CFR 11.50(a)(2)).

The offset is kept with the name: rules of daylight saving change, what a signer read does not.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from records.errors import InvalidInput


def zone_at(name: str, at: datetime) -> str:
    """The zone of that name as a signature keeps it: offset at this instant, and the name.

    Raises:
        InvalidInput: There is no such zone.

    >>> zone_at("Europe/Berlin", datetime(2026, 3, 1, 13, 5, tzinfo=UTC))
    '+01:00 Europe/Berlin'
    >>> zone_at("UTC", datetime(2026, 3, 1, 13, 5, tzinfo=UTC))
    '+00:00 UTC'
    """
    try:
        zone: tzinfo = UTC if name in ("UTC", "Etc/UTC") else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise InvalidInput(
            f"'{name}' is no time zone.", hint="Use a name such as Europe/Berlin or UTC."
        ) from unknown
    offset = at.astimezone(zone).strftime("%z")
    return f"{offset[:3]}:{offset[3:5]} {'UTC' if zone is UTC else name}"


def instant_in(day: date | None, clock: time | None, zone: str) -> datetime:
    """The instant (UTC) of a day and a time of the clock in a zone.

    Raises:
        InvalidInput: Day or time is missing, there is no such zone, or its clock never showed that
            time on that day.

    >>> instant_in(date(2026, 3, 1), time(14, 5), "Europe/Berlin")
    datetime.datetime(2026, 3, 1, 13, 5, tzinfo=datetime.timezone.utc)
    """
    if day is None or clock is None:
        raise InvalidInput("The day or the time is missing.",
                           hint="Give both, by the clock of that place.")  # fmt: skip
    local = datetime.combine(day, clock)
    zone_at(zone, local.replace(tzinfo=UTC))
    place = UTC if zone in ("UTC", "Etc/UTC") else ZoneInfo(zone)
    found = local.replace(tzinfo=place).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) != local:
        raise InvalidInput(
            f"The clock in {zone} never showed {local:%Y-%m-%d %H:%M}: it was set forward then.",
            hint="Give the time as the clock showed it.",
        )
    return found


def in_utc(at: datetime) -> datetime:
    """An instant in UTC, also one that a database gave back without its zone: all are kept in UTC.

    >>> in_utc(datetime(2026, 3, 1, 13, 5))
    datetime.datetime(2026, 3, 1, 13, 5, tzinfo=datetime.timezone.utc)
    """
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def local_instant(at: datetime, zone: str) -> str:
    """An instant as the signer's clock showed it, with the zone; UTC where none was kept.

    >>> at = datetime(2026, 3, 1, 13, 5, 11, tzinfo=UTC)
    >>> local_instant(at, "+01:00 Europe/Berlin")
    '2026-03-01 14:05:11 +01:00 (Europe/Berlin)'
    >>> local_instant(at, "")
    '2026-03-01 13:05:11 UTC'
    """
    offset, _, name = zone.partition(" ")
    if not name or name == "UTC":
        return f"{at:%Y-%m-%d %H:%M:%S} UTC"
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    local = at.astimezone(timezone(sign * timedelta(hours=hours, minutes=minutes)))
    return f"{local:%Y-%m-%d %H:%M:%S} {offset} ({name})"


def signed_instant(at: datetime, zone: str) -> str:
    """When a signature was given: by the signer's clock, and in UTC where that is another.

    >>> signed_instant(datetime(2026, 3, 1, 13, 5, 11, tzinfo=UTC), "+01:00 Europe/Berlin")
    '2026-03-01 14:05:11 +01:00 (Europe/Berlin), 2026-03-01 13:05:11 UTC'
    """
    local, utc = local_instant(at, zone), local_instant(at, "")
    return local if local == utc else f"{local}, {utc}"


def require_own_offset(name: str, at: datetime, zone: str) -> None:
    """Raise InvalidInput where an offset is another than the zone has at that instant.

    UTC is allowed with any zone: it names the instant, and claims nothing of the place.
    """
    there = at.astimezone(ZoneInfo(zone))
    if at.utcoffset() and at.utcoffset() != there.utcoffset():
        raise InvalidInput(
            f"{name}: {at.isoformat()} contradicts {zone}, whose offset is "
            f"{there.isoformat()[-6:]} then.",
            hint="Give the instant with the zone's own offset or in UTC, or the right zone.",
        )
