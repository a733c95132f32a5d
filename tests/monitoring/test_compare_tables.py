"""Which studies Evidently compares: those of sites that have both a device and a reference."""

from monitoring.compare_tables import choose_rows


def rows(**counts: int) -> list[dict[str, object]]:
    return [{"site": site, "n": number} for site, n in counts.items() for number in range(n)]


def test_only_sites_with_a_device_and_a_reference_are_compared() -> None:
    reference, current = choose_rows(
        rows(north=30, south=20, external=4), rows(north=7, south=5, mars=9),
        sites=["north", "south", "west"], seed=1,
    )
    assert [row["site"] for row in reference] == ["north"] * 20 + ["south"] * 20
    assert [row["site"] for row in current] == ["north"] * 7 + ["south"] * 5


def test_without_a_reference_nothing_is_compared() -> None:
    assert choose_rows(rows(external=4), rows(north=7), sites=["north"], seed=1) == ([], [])
