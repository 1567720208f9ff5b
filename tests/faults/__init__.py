"""Planted faults: each is put into a copy of the project, where the test that is there for it must fail.

``python -m tests.faults`` plants them all; the faults are data, in ``faults.toml``.
"""
