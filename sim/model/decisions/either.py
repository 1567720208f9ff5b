"""Numbers or arrays: a decision takes either and answers in kind, which types say here once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, cast, overload

from numpy.typing import NDArray

from sim.model.world.draws import Bools

Settings = ParamSpec("Settings")


class YesOrNo(Protocol[Settings]):
    """A decision between yes and no: of one number, or of many, that come first, and of settings."""

    @overload
    def __call__(self, first: float, /, *args: Settings.args, **kwargs: Settings.kwargs) -> bool: ...
    @overload
    def __call__(self, first: NDArray[Any], /, *args: Settings.args, **kwargs: Settings.kwargs) -> Bools: ...


def yes_or_no(decide: Callable[Concatenate[Any, Settings], bool | Bools]) -> YesOrNo[Settings]:
    """Say of a function that it answers a number with yes or no, and an array with an array of such answers."""
    return cast("YesOrNo[Settings]", decide)
