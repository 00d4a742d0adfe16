"""The benchmarks run, and show what they measured. How fast anything was decides nothing here."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import gpu, graphs, memory, nets, networks, operations
from benchmarks.figures import Figure
from benchmarks.page import write
from benchmarks.report import number

ROOT = Path(__file__).parents[2]

# The group that needs nothing but torch, and the one that needs a GPU.
GET = "get_variable of an existing variable / reading module.weight"
SCOPE = "entering and leaving a variable_scope / reading module.weight"
RESNET = "ResNet-50 in slim, {} images in {} on a GPU, {}"
STEP = "transformer block in bf16 on a GPU, eager: a step / hand-written"


def bench(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What one quick run printed, and the folder that it wrote to."""
    folder = tmp_path_factory.mktemp("docs")
    groups = ("access",) if torch.cuda.is_available() else ("access", "gpu")
    result = bench(*groups, "--repeats", 1, "--docs", folder)
    assert result.returncode == 0, result.stderr
    return result.stdout, folder


def test_the_table_names_the_machine_and_has_each_figure_with_its_bounds(measured):
    machine, header, *rows = measured[0].splitlines()
    assert f"PyTorch {torch.__version__}" in machine
    assert re.split(r"\s{2,}", header) == ["figure", "measured", "must be", "aim", "reached"]
    cells = {name: rest for name, *rest in (re.split(r"\s{2,}", row) for row in rows)}
    assert cells[GET][1:3] == ["≤ 0.75", "≤ 0.70"]
    assert cells[SCOPE][1:3] == ["≤ 1.35", "≤ 1.20"]
    for name in (GET, SCOPE):
        assert float(cells[name][0]) > 0
        assert cells[name][3] in {"aim", "bound", "no"}
    if not torch.cuda.is_available():
        assert cells[STEP] == ["no GPU"]
        works = "inference", "a step of training"
        for precision, work, batch in itertools.product(("bf16", "tf32"), works, (8, 64)):
            name = RESNET.format(batch, precision, work)
            eager = ["≤ 1.50", "≤ 1.20"] if work == works[0] else ["≤ 1.30", "≤ 1.10"]
            cells_of = {
                f"{name}, as it is / nn.Module, channels_last": eager,
                f"{name}, ts.graph / nn.Module, channels_last": ["≤ 1.05", "≤ 0.95"],
                f"{name}, compiled / nn.Module compiled": ["≤ 1.05", "≤ 1.00"],
                f"{name}, ts.graph: its peak memory / hand-written's": ["≤ 1.02", "≤ 1.00"],
                f"{name}, compiled: its peak memory / hand-written's": ["≤ 1.02", "≤ 1.00"],
            }
            assert {key: cells[key] for key in cells_of} == {
                key: ["no GPU", *bounds] for key, bounds in cells_of.items()
            }


def test_the_page_has_the_same_figures_each_with_the_command_that_measures_it(measured):
    printed, folder = measured
    page = (folder / "benchmarks.md").read_text()
    value = re.search(rf"^{re.escape(GET)} +([\d.]+) ", printed, flags=re.MULTILINE)[1]
    assert f"| {GET} | {value} | ≤ 0.75 | ≤ 0.70 |" in page
    commands = re.findall(r"^\|.*`make bench ONLY=(\w+)` \|$", page, flags=re.MULTILINE)
    assert len(commands) == len(printed.splitlines()) - 2
    assert set(commands) <= {"access", "gpu"}


def test_the_page_shows_a_plot_of_the_figures_that_have_bounds(measured):
    folder = measured[1]
    assert "](benchmarks.svg)" in (folder / "benchmarks.md").read_text()
    assert (folder / "benchmarks.svg").read_text().startswith("<?xml")


def test_the_readme_has_figures_as_they_were_measured_last_and_shows_each_miss():
    known = json.loads((ROOT / "docs" / "benchmarks.json").read_text())
    figures = [Figure(**each) for group in known.values() for each in group["figures"]]
    by_name = {figure.name: figure for figure in figures}
    rows = re.findall(
        r"^\| (.+ / .+) \| ([\d.*]+) \| ([\d.]+) \|$",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    assert len(rows) == 6
    for name, measured, must in rows:
        figure = by_name[name]
        value = number(figure, figure.value)
        assert measured == (f"**{value}**" if figure.verdict == "miss" else value), name
        assert must == number(figure, figure.must)


def test_a_group_that_is_measured_alone_leaves_the_others_as_they_were(measured, tmp_path):
    folder = measured[1]
    known = json.loads((folder / "benchmarks.json").read_text())
    known["access"]["machine"] = "another machine"
    (tmp_path / "benchmarks.json").write_text(json.dumps(known))
    write({"gpu": []}, tmp_path, 1, ("access", "gpu"))
    page = (tmp_path / "benchmarks.md").read_text()
    assert "- access: another machine.\n- gpu: " in page
    value = number(Figure(**known["access"]["figures"][0]), known["access"]["figures"][0]["value"])
    assert f"| {GET} | {value} |" in page


def test_a_group_that_there_is_not_is_refused_with_those_that_there_are():
    result = bench("speed")
    assert result.returncode == 2
    assert "there is no group speed; choose of access, operations, peers, layers" in result.stderr


def test_both_sides_of_an_operations_figure_compute_the_same():
    names = {**operations.tensors(), "tf": operations.tf, "torch": torch}
    for ours, theirs in [*operations.PLAIN.values(), *operations.SIZES.values()]:
        torch.testing.assert_close(eval(ours, names), eval(theirs, names))


def test_an_operations_figure_is_the_difference_in_microseconds():
    figures = list(operations.measure(1))
    assert [(figure.must, figure.aim, figure.unit) for figure in figures] == [
        *[(1.5, 0.8, "us")] * 5,
        *[(2.0, 1.3, "us")] * 2,
        (150, 100, "ms"),
    ]
    assert figures[-1].value > 0


@pytest.mark.parametrize("way", ["as it is", "ts.graph"])
@pytest.mark.parametrize("setting", [each for each in gpu.SETTINGS if each.batch == 8], ids=str)
def test_both_sides_of_a_gpus_figures_compute_the_same_in_each_precision(setting, way):
    images = torch.randn(2, 64, 64, 3)
    with gpu.products_in_tf32():
        assert torch.get_float32_matmul_precision() == "high"
        sides = gpu.sides(setting, images, way)
        results = [side.step() for side in sides]
    assert torch.get_float32_matmul_precision() == "highest"
    networks.compare(*results, gpu.TOLERANCE[setting.precision])
    assert {p.dtype for side in sides for p in side.net.parameters()} == {torch.float32}
    assert len(set(results[0].shape)) == (0 if setting.training else 2)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("pair", nets.PAIRS.values(), ids=nets.PAIRS)
def test_both_sides_of_a_graphs_figures_compute_the_same(pair, training):
    sides = graphs.sides_of(pair)
    runs = graphs.in_eager(sides, training=training)
    with torch.no_grad():
        next(sides[0].parameters()).mul_(2)
    with pytest.raises(AssertionError, match="The sides differ by"):
        graphs.compare(*sides[:2], *(run() for run in runs))


def test_peak_memory_is_what_tensors_take_at_a_time():
    def run():
        a = torch.zeros(1000)
        b = a + 1
        del a
        c = torch.zeros(10_000)
        del b
        c.add_(1)

    assert memory.peak(run) == 44_000
