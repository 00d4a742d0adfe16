"""What the codemod writes of the packages' files computes what the import hook makes of them, bit for bit."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils._pytree import tree_leaves

import torchscope as ts
from packages.both import ROOT, imports
from packages.model import net_of
from packages.models import MODELS
from torchscope import tf1
from torchscope.port import rewrite
from torchscope.port.codemod import convert, sources, write

# A model of each package whose files stand by themselves.
CHOSEN = [m for m in MODELS if not m.fails and m.file.partition(".")[0] in {"bert", "gpt_2_simple"}]


def ported(model, folder):
    """The module of a model, from files that the codemod has written below a folder."""
    package = model.file.partition(".")[0]
    if not (folder / package).is_dir():
        write((convert(*each) for each in sources(ROOT / package)), folder / package)
    aside = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == package}
    for name in aside:
        del sys.modules[name]
    try:
        with imports(folder):
            return importlib.import_module(model.file)
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] == package]:
            del sys.modules[name]
        sys.modules.update(aside)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ported")


@pytest.mark.parametrize("model", CHOSEN, ids=str)
def test_its_files_compute_what_the_hook_makes_of_them(model, folder):
    module = ported(model, folder)
    hooked, tensors = net_of(model)
    own = ts.ScopedModule(lambda *given: tree_leaves(model.build(module, tf1, *given)))
    for net in (hooked, own):
        torch.manual_seed(0)
        ts.build(net, *tensors)
    own.load_state_dict(hooked.state_dict())
    for actual, expected in zip(own(*tensors), hooked(*tensors), strict=True):
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("package", sorted({m.file.partition(".")[0] for m in MODELS}))
def test_a_second_time_it_changes_nothing_and_no_name_gets_lost(package, tmp_path):
    once = [convert(*each) for each in sources(ROOT / package)]
    for each in once:
        if not each.error:
            assert rewrite(each.new, each.name).text == each.new, each.name
            assert each.new.count("\n") == each.old.count("\n"), each.name
    write(once, tmp_path)
    assert undefined(tmp_path) <= undefined(ROOT / package)


def undefined(folder):
    """The names that nothing binds, with their lines, as ruff sees it."""
    ruff = Path(sys.executable).with_name("ruff")
    options = ["check", "--isolated", "--no-cache", "--select=F821", "--output-format=json"]
    done = subprocess.run([ruff, *options, folder], capture_output=True, text=True, check=False)
    return {
        (str(Path(each["filename"]).relative_to(folder)), each["location"]["row"], each["message"])
        for each in json.loads(done.stdout)
        if each["code"] == "F821"
    }
