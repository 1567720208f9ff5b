"""Which folders are packages, all else stands in pyproject.toml: it cannot say that `scenarios/` goes into `sim/`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["sim", "sim.*"]), "sim.scenarios"],
    package_dir={"sim.scenarios": "scenarios"},
)
