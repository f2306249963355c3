"""The machine is read from the system's own words."""

from __future__ import annotations

from ganzoo.benchmarking import peak_memory
from ganzoo.benchmarking.measured_machine import describe_machine, read_processor, say_machine
from ganzoo.benchmarking.peak_memory import measure_peak, read_peak

CPUINFO = """processor\t: 0
model name\t: Some CPU
cpu family\t: 26
model\t\t: 2
flags\t\t: fpu avx2 avx512_bf16 amx_bf16
"""


def test_a_processor_is_its_name_and_its_instruction_sets():
    name, flags = read_processor(CPUINFO)
    assert name == "Some CPU (family and model 26 2)"
    assert flags == {"fpu", "avx2", "avx512_bf16", "amx_bf16"}
    assert read_processor("") == ("", set())


def test_a_machine_is_a_sentence():
    machine = describe_machine()
    assert machine["cores"] >= 1
    assert "torch" in machine["versions"]
    told = {**machine, "processor": "P", "cores": 2, "instructions": ["avx2"], "load": 0.5}
    assert say_machine(told, 2).startswith("P, 2 cores (avx2), 2 threads, load 0.5 before; torch ")


def test_a_peak_is_read_from_the_systems_words():
    assert read_peak("VmPeak:\t  9 kB\nVmHWM:\t    12 kB\nVmRSS:\t 4 kB\n") == 12 * 1024
    assert read_peak("") is None


def test_a_peak_is_of_what_is_taken_meanwhile(monkeypatch, tmp_path):
    """What the process took before is forgotten first; where nothing can be read, it is None."""
    status, references = tmp_path / "status", tmp_path / "clear_refs"
    monkeypatch.setattr(peak_memory, "STATUS", status)
    monkeypatch.setattr(peak_memory, "REFERENCES", references)

    def run():
        assert references.read_text() == "5"
        status.write_text("VmHWM:\t 3 kB\n")

    assert measure_peak(run) == 3 * 1024
    assert measure_peak(status.unlink) is None
