"""Which deployment answers at a site, and which run there beside it."""

from collections.abc import Iterable

from records.product import Deployment


def answering(deployments: Iterable[Deployment]) -> list[Deployment]:
    """One a site: the live one, else another maker's, else the shadow that began last."""
    found: dict[int, Deployment] = {}
    for one in deployments:
        known = found.get(one.site_id)
        if known is None or _rank(one) >= _rank(known):
            found[one.site_id] = one
    kept = {one.id for one in found.values()}
    return [one for one in deployments if one.id in kept]


def beside(deployments: Iterable[Deployment]) -> list[Deployment]:
    """The shadows that run where another version answers; nothing that they say is returned."""
    known = list(deployments)
    kept = {one.id for one in answering(known)}
    return [one for one in known if one.id not in kept]


def _rank(one: Deployment) -> int:
    return {"live": 2, "external": 1}.get(one.mode, 0)


def measured_at_site(deployments: Iterable[Deployment]) -> list[Deployment]:
    """Those whose answers are measured as the device's: all but a shadow beside another version.

    A shadow that begins where nothing else runs answers alone; one that begins where a live
    version or another maker's runs is compared with it and not measured for itself. Not the same as
    use in care (:mod:`records.use_in_care`).
    """
    known = list(deployments)
    return [one for one in known if one.mode != "shadow" or not _beside_one(one, known)]


def _beside_one(shadow: Deployment, known: Iterable[Deployment]) -> bool:
    return any(
        one.site_id == shadow.site_id and one.mode != "shadow"
        and one.started_at <= shadow.started_at
        and (one.ended_at is None or one.ended_at > shadow.started_at)
        for one in known
    )
