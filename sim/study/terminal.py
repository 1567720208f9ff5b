"""Lines for people, on standard output and standard error.

A stream may be closed, full, no longer read, or lack a letter. That costs words, never the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

from sim.rules.declare import unseen
from sim.rules.sentences import Sentence, Words, spoken

_lost: list[OSError] = []


def prepare() -> None:
    """Make both streams fit to be written to: open, and with an escape for every letter that they lack."""
    _lost.clear()
    for number in range(3):  # else the next file that is opened would take the place of a stream that is closed
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # processes that are started have none either
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        with suppress(AttributeError, ValueError):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def say(words: Words) -> None:
    """Print what was asked for, at once."""
    _write(spoken(words), sys.stdout)


def tell(words: Words) -> None:
    """Print what is to be known besides, at once."""
    _write(spoken(words), sys.stderr)


def warn(warnings: Iterable[Words], of: str = "") -> None:
    """Print warnings, which keep nothing from running.

    Args:
        warnings: What to warn of.
        of: The file of which to warn, if it is one of several.
    """
    for warning in warnings:
        if of:
            tell(Sentence("{file}: warning: {warning}", file=of, warning=warning))
        else:
            tell(Sentence("warning: {warning}", warning=warning))


def lost() -> str:
    """Return why standard output could not be written since `prepare`; empty if it could, or if its reader left."""
    _write("", sys.stdout, end="")
    return next((str(error.strerror or error) for error in _lost if not isinstance(error, BrokenPipeError)), "")


def _write(words: str, stream: TextIO | None, end: str = "\n") -> None:
    """Print words, but not what is not seen in them and acts on a terminal."""
    if stream is None:  # which print would take for standard output
        return
    acting = {*unseen(words)} - {"\n"}
    try:
        print("".join("?" if c in acting else c for c in words), end=end, file=stream, flush=True)
    except OSError as error:
        if stream is sys.stdout:
            _lost.append(error)
        _to_nowhere(stream)
    except UnicodeEncodeError:  # a stream of somebody else's, which `prepare` has not seen
        _write(words.encode("ascii", "backslashreplace").decode(), stream, end)
    except ValueError:  # closed by the program around
        return


def _to_nowhere(stream: TextIO) -> None:
    """Let what is still to come go nowhere, and what waits in the stream, which would fail again at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
