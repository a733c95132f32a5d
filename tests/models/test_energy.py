"""Energy is counted where the machine counts it, and otherwise said to be unknown, with why."""

from pathlib import Path

import pytest

from models.energy import energy_counter
from models.training_cost import NOT_MEASURABLE, Meter


def domain(folder: Path, name: str, called: str, microjoules: int) -> Path:
    """A counter as the kernel shows it (Documentation/power/powercap/powercap.rst)."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "name").write_text(f"{called}\n")
    (path / "max_energy_range_uj").write_text("262143328850\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    return path


def test_the_packages_are_added_and_their_parts_are_not(tmp_path: Path) -> None:
    first = domain(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    second = domain(tmp_path, "intel-rapl:1", "package-1", 262_143_000_000)
    core = domain(tmp_path, "intel-rapl:0:0", "core", 5)
    whole = domain(tmp_path, "intel-rapl:2", "psys", 5)
    counter, why = energy_counter("cpu", powercap=tmp_path)
    assert (why, counter is None) == ("", False)
    assert counter is not None
    assert counter.joules() == 0.0
    (first / "energy_uj").write_text("4500000\n")
    (second / "energy_uj").write_text("1000000\n")  # it began anew
    for other in (core, whole):
        (other / "energy_uj").write_text("900000000\n")
    assert counter.joules() == pytest.approx(3.5 + 0.328850 + 1.0)
    assert counter.joules() == pytest.approx(3.5 + 0.328850 + 1.0)
    assert "all programs" in counter.counts


def test_without_a_counter_the_reason_is_told(tmp_path: Path) -> None:
    counter, why = energy_counter("cpu", powercap=tmp_path)
    assert counter is None
    assert why == f"the machine shows no energy counter of its processor in {tmp_path}"


def test_a_graphics_card_without_its_driver_says_so() -> None:
    import ctypes

    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        assert energy_counter("cuda") == (None, "the GPU's driver brings no NVML library")
    else:
        pytest.skip("this machine has NVIDIA's driver")


def test_a_meter_goes_on_from_an_earlier_part() -> None:
    meter = Meter("cpu")
    found = meter.so_far()
    assert found["resumed"] == 0
    assert found["processor_seconds"] >= 0
    assert set(found["energy"]) in ({"joules", "of"}, {NOT_MEASURABLE})
    meter.goes_on({**found, "seconds": 100.0, "processor_seconds": 150.0})
    later = meter.so_far()
    assert later["resumed"] == 1
    assert 100.0 <= later["seconds"] < 160.0
    assert later["processor_seconds"] >= 150.0


def test_energy_that_was_unknown_before_an_interruption_stays_unknown() -> None:
    meter = Meter("cpu")
    meter.goes_on({**meter.so_far(), "energy": {NOT_MEASURABLE: "only root may"}})
    assert NOT_MEASURABLE in meter.so_far()["energy"]
