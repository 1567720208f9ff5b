"""Parameter sets: drawn jointly over plausible ranges, each parameter by the shape of its range.

The points are those of a scrambled Sobol sequence, which fill each range more evenly than chance. A point does not
depend on how many are drawn, so that a study goes on where it stopped.

With as many dimensions as there are uncertain parameters and so few points, some coordinates of the sequence are nearly
functions of each other: of an effect that one parameter makes, an idle one would seem to make two thirds. So each
coordinate has an order of its own within every `BLOCK` points, which leaves it as even as it was and apart from others.
"""

from __future__ import annotations

import warnings

import numpy as np

from sim.outcomes.statistics import Floats
from sim.rules.declare import Parameter, Shape

SCRAMBLE = 20
"""Seed of the scrambling: the same points for everybody."""

INTERVAL = 0.9
"""Share of a named distribution that lies between the ends of a plausible range."""


BLOCK = 16
"""Points within which each coordinate has an order of its own, a power of 2: of each there is one in every 16th."""


def points(n: int, dimensions: int) -> Floats:
    """Return the first points, each between 0 and 1 in every dimension: ``[point, dimension]``."""
    from scipy.stats import qmc  # late: it takes most of a second

    blocks = -(-n // BLOCK)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The balance properties of Sobol' points", UserWarning)
        found: Floats = qmc.Sobol(dimensions, scramble=True, rng=SCRAMBLE).random(blocks * BLOCK)
    for number, block in enumerate(found.reshape(blocks, BLOCK, dimensions)):
        np.random.Generator(np.random.PCG64([SCRAMBLE, number])).permuted(block, axis=0, out=block)
    return found[:n]


def values(parameter: Parameter, at: Floats) -> Floats:
    """Return the values of a parameter at quantiles of its shape; whole numbers are rounded.

    Args:
        parameter: One with a plausible range and its shape.
        at: Quantiles, from 0 to 1.

    Raises:
        ValueError: If it has no shape.
    """
    low, high = float(parameter.low), float(parameter.high)
    if parameter.type is int and parameter.shape == "uniform":  # the ends are as likely as all between
        return np.clip(np.floor(low + at * (high - low + 1)), low, high)
    match parameter.shape:
        case "uniform":
            found = low + at * (high - low)
        case "log-uniform":
            found = low * (high / low) ** at
        case "normal" | "lognormal" | "logit-normal":
            found = _normal(parameter, parameter.shape, at)
        case None:
            raise ValueError(f"{parameter.key} has no shape")
    found = np.clip(found, parameter.minimum, parameter.maximum)
    return np.rint(found) if parameter.type is int else found


def _normal(parameter: Parameter, shape: Shape, at: Floats) -> Floats:
    """Return quantiles of a normal distribution of the value, its logarithm or its logit, cut to what is accepted."""
    from scipy.special import expit, logit, ndtr, ndtri

    forth, back = {"normal": (np.array, np.array), "lognormal": (np.log, np.exp), "logit-normal": (logit, expit)}[shape]
    low, high = float(forth(parameter.low)), float(forth(parameter.high))
    mean, sd = (low + high) / 2, (high - low) / 2 / float(ndtri(0.5 + INTERVAL / 2))
    with np.errstate(divide="ignore"):  # of 0 there is no logarithm, and nothing is cut off
        ends = [
            none if bound is None else float(ndtr((forth(float(bound)) - mean) / sd))
            for bound, none in ((parameter.minimum, 0.0), (parameter.maximum, 1.0))
        ]
    found: Floats = back(mean + sd * ndtri(ends[0] + at * (ends[1] - ends[0])))
    return found
