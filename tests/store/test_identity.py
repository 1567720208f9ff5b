"""What tells one version of the model from another: what its files do, not how that is said."""

from pathlib import Path

import pytest

from sim.model.engines import module_of
from sim.study.identity import model_files

ENGINE = '''
"""An engine."""
from small.other import half

LIMIT = 3
"""The limit."""


def run(x: int) -> float:
    """Run."""
    if x > LIMIT:
        raise ValueError(f"{x} is too much: at most {LIMIT}")
    told = Sentence("{n} is not too much", n=x)
    return half(x) + len("word")
'''


def files(folder: Path, engine: str) -> dict[str, str]:
    package = folder / "small"
    package.mkdir(exist_ok=True)
    (package / "engine.py").write_text(engine, encoding="utf-8")
    (package / "other.py").write_text("def half(x):\n    return x / 2\n", encoding="utf-8")
    (package / "unused.py").write_text("", encoding="utf-8")
    return model_files("small.engine", package)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""An engine."""', '"""The engine, in other words."""'), ('"""The limit."""', ""),
        ('    """Run."""\n', ""), ("LIMIT = 3", "LIMIT = 3  # a comment"), ("half(x) + len", "(half(x)\n        + len"),
        ("is too much: at most {LIMIT}", "exceeds {LIMIT}"), ("is not too much", "is little"),
        ('f"{x} is too much: at most {LIMIT}"', '"too much"'),
    ],
)  # fmt: skip
def test_words_and_layout_are_no_part_of_the_model(before: str, after: str, tmp_path: Path) -> None:
    changed = ENGINE.replace(before, after)
    changed = changed.replace('len("word")', 'len("word"))') if changed.count("(half") else changed
    assert changed != ENGINE
    assert files(tmp_path, changed) == files(tmp_path, ENGINE)


@pytest.mark.parametrize(
    ("before", "after"),
    [("LIMIT = 3", "LIMIT = 4"), ("x > LIMIT", "x >= LIMIT"), ('"word"', '"words"'), ("ValueError", "TypeError"),
     ("x: int", "x: float")],
)  # fmt: skip
def test_what_is_done_is(before: str, after: str, tmp_path: Path) -> None:
    one, other = files(tmp_path, ENGINE), files(tmp_path, ENGINE.replace(before, after))
    assert {name for name in one if one[name] != other[name]} == {"engine.py"}


def test_only_what_an_engine_imports_counts(tmp_path: Path) -> None:
    assert set(files(tmp_path, ENGINE)) == {"engine.py", "other.py"}
    found = model_files(module_of("array"))
    assert "policies/policy.py" in found and "policies/retention.py" not in found
    assert not any(name.startswith(("report/", "questions/", "study/", "model/agents/")) for name in found)
