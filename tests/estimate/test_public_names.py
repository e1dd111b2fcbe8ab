"""Every public statistic is one import away, and no module takes its name."""

import importlib
import subprocess
import sys

import pytest

from prrt_lib import estimate


@pytest.mark.parametrize("name", estimate.PUBLIC)
def test_a_public_name_is_the_function_of_its_module(name):
    module = importlib.import_module(f"prrt_lib.estimate.{estimate.PUBLIC[name]}")
    assert getattr(estimate, name) is getattr(module, name)


def test_no_module_has_the_name_of_a_public_function():
    modules = {module.rpartition(".")[2] for module in estimate.MODULES}
    assert not set(estimate.PUBLIC) & modules


def test_importing_the_layer_loads_no_statistics():
    code = (
        "import sys, prrt_lib, prrt_lib.estimate; assert not {'numpy', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
