"""Regressions on splines of parameters, least squares in a few lines."""

from __future__ import annotations

import numpy as np

from sim.outcomes.statistics import Floats

_PENALTIES = np.logspace(-6, 4, 21)  # of which that is taken which foresees best


class Fit:
    """A regression on splines of some parameters, least squares with the penalty that foresees best.

    Args:
        points: ``[set, parameter]``.
    """

    def __init__(self, points: Floats) -> None:
        n, columns = len(points), self._columns(points)
        self._means, self._sds = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-9)
        self._left, sizes, self._right = np.linalg.svd((columns - self._means) / self._sds, full_matrices=False)
        self._sizes = np.maximum(sizes, 1e-9)
        self._kept = sizes**2 / (sizes**2 + n * _PENALTIES[:, None])
        self._hat = np.minimum(1 / n + self._kept @ self._left.T**2, 1 - 1e-9)

    def foreseen(self, y: Floats) -> Floats:
        """Return what is expected in each set from the others."""
        residuals = self._residuals(y)
        found: Floats = y - residuals[self._best(residuals)]
        return found

    def at(self, points: Floats, y: Floats) -> Floats:
        """Return what is expected in other sets."""
        kept = self._kept[self._best(self._residuals(y))]
        slopes = (kept / self._sizes * (self._left.T @ (y - y.mean()))) @ self._right
        found: Floats = y.mean() + (self._columns(points) - self._means) / self._sds @ slopes
        return found

    def explained(self, y: Floats) -> float:
        """Return the share of the variance that is explained, adjusted for what fits by chance."""
        residuals = self._residuals(y)
        best = self._best(residuals)
        free = len(y) - float(self._hat[best].sum())
        left = float(((residuals[best] * (1 - self._hat[best])) ** 2).sum()) / free
        return 1 - left / float(y.var(ddof=1)) if y.std() else 0.0

    @staticmethod
    def _columns(points: Floats) -> Floats:
        """Return quadratic splines with a knot in the middle."""
        return np.hstack([points, points**2, np.maximum(points - 0.5, 0) ** 2])

    @staticmethod
    def _best(residuals: Floats) -> int:
        return int((residuals**2).sum(axis=1).argmin())

    def _residuals(self, y: Floats) -> Floats:
        """Return by penalty what each set is off from what the others foresee."""
        fitted = y.mean() + (self._kept * (self._left.T @ (y - y.mean()))) @ self._left.T
        found: Floats = (y - fitted) / (1 - self._hat)
        return found
