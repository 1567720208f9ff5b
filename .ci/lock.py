"""Check requirements.lock against pyproject.toml, or renew it: `python .ci/lock.py [--renew]`.

The first line of the lock carries a hash of the tables of pyproject.toml that it was made from. Only the standard
library is used, so that the check needs no environment; renewing needs uv, which `make lock` installs for itself.
"""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
MARK = "# dependencies-sha256: "
LOCKED_EXTRAS = ("analysis", "archive", "dask", "dev", "notebooks", "spreadsheet")
# Settings of one machine that would bring files into the lock that nobody else can fetch.
LOCAL_SOURCES = ("UV_FIND_LINKS", "UV_INDEX", "UV_EXTRA_INDEX_URL")


def first_line() -> str:
    """Return the line with which a lock made from the present pyproject.toml begins."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    tables = {
        "build-system.requires": sorted(pyproject["build-system"]["requires"]),
        "requires-python": project["requires-python"],
        "dependencies": sorted(project["dependencies"]),
        "optional-dependencies": {name: sorted(project["optional-dependencies"][name]) for name in LOCKED_EXTRAS},
    }
    return MARK + hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def check() -> None:
    """Exit with a message if the lock was made from other dependencies than pyproject.toml has now."""
    with LOCK.open(encoding="utf-8") as lock:
        found = lock.readline().rstrip("\n")
    if found != first_line():
        sys.exit("requirements.lock is stale: the dependencies in pyproject.toml have changed. Run: make lock")


def renew() -> None:
    """Resolve the dependencies for every supported Python and platform, and write the lock."""
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL_SOURCES}
    options = " ".join(f"--extra={name}" for name in LOCKED_EXTRAS)
    options += " --universal --python-version=3.11 --fork-strategy=requires-python --generate-hashes"
    options += " --no-emit-index-url --quiet"
    command = [sys.executable, "-m", "uv", "--no-config", "--system-certs", "pip", "compile", "pyproject.toml"]
    compiled = subprocess.run(
        [*command, *options.split(), "--custom-compile-command=make lock"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if compiled.returncode:
        sys.exit(compiled.returncode)
    LOCK.write_text(f"{first_line()}\n{compiled.stdout}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--renew"]:
        renew()
    else:
        check()
