"""What it is worth to know a parameter before an arm is chosen: by how much less harm is to be expected then."""

from __future__ import annotations

import numpy as np

from sim.outcomes.splines import Fit
from sim.outcomes.statistics import Floats, Interval, t_interval

_FEW = 6  # so many parameters go into a regression at most
_FOLDS = 8  # where they are chosen, each of so many parts of the sets is foreseen from the others


def value_of_knowing(harm: Floats, points: Floats) -> Interval:
    """Return by how much less harm is to be expected if some parameters are known before an arm is chosen.

    Without knowing, the arm is chosen that has the least harm over all sets. Who knows chooses by a regression of the
    differences between arms on splines of what is known. Each set is foreseen without itself, so that what is gained
    is not taken from noise; with few sets it is rather too low. Of many parameters those few are taken that explain
    most by themselves, chosen without the sets that are foreseen.

    Args:
        harm: Persons harmed of every arm, the baseline first: ``[arm, set]``.
        points: Points of what is known: ``[set, parameter]``.

    Returns:
        Persons harmed less, with its 95% interval over the sets.
    """
    foreseen = np.vstack([0 * harm[:1], _foreseen(points, harm[1:] - harm[0])])
    chosen = np.take_along_axis(harm, foreseen.argmin(axis=0)[None], axis=0)[0]
    return t_interval(harm[least_harm(harm)] - chosen).within(least=0)


def most_of_made_up(harm: Floats, dummies: Floats) -> float:
    """Return the most that `value_of_knowing` makes of one of many parameters that reach nothing."""
    return max(value_of_knowing(harm, column[:, None]).value for column in dummies.T)


def least_harm(harm: Floats) -> int:
    """Return the arm with the least harm over all sets, the first of several."""
    return int(harm.mean(axis=1).argmin())


def _foreseen(points: Floats, differences: Floats) -> Floats:
    """Return what is expected in each set from all others or, where few of many parameters are chosen, from most.

    Args:
        points: ``[set, parameter]``.
        differences: ``[arm, set]``.
    """
    if points.shape[1] <= _FEW:
        fit = Fit(points)
        return np.array([fit.foreseen(y) for y in differences])
    found = np.empty_like(differences)
    places = np.arange(len(points)) % _FOLDS
    for fold in range(_FOLDS):
        here, elsewhere = places == fold, places != fold
        single = [Fit(points[elsewhere, i : i + 1]) for i in range(points.shape[1])]
        for y, into in zip(differences, found, strict=True):
            alone = np.array([fit.explained(y[elsewhere]) for fit in single])
            few = np.argsort(-alone, kind="stable")[:_FEW]
            into[here] = Fit(points[np.ix_(elsewhere, few)]).at(points[np.ix_(here, few)], y[elsewhere])
    return found
