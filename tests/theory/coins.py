"""The life of a contact thrown as coins in small steps: a slow check that shares no code with the simulator.

Every contact has a clock of its own. On the platform each alarm of its stage has a coin in every step (the first that
shows heads in the order recognise, fade, leave, go on ends the stage); at each full hour sessions end and begin; apart,
there is one coin an hour for meeting and one for giving up; off the platform coins again, in calendar hours.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

HOUR = 3600
WEEK = 168
HOURS_PER_MONTH = 730.5


@dataclass(frozen=True)
class Setting:
    """What a contact's life depends on; hazards by stage in the order recognise, fade, leave, go on, per hour."""

    hazard: tuple[tuple[float, float, float, float], ...]
    visits: tuple[float, float]  # of a target and of a predator, per month
    stay: tuple[float, float]  # chance that a visit of either goes on for another hour
    findability: float
    lapse: float
    rel_meeting: float
    weights: tuple[int, ...]
    rel_weekend: float
    p_report: tuple[float, float, float]
    p_block: float  # of those who recognise a contact
    p_stay: float  # of those who do not block

    @property
    def profile(self) -> np.ndarray:
        """Visits by hour of the week, from Monday on, relative to the mean hour."""
        week = np.concatenate([np.array(self.weights) * (self.rel_weekend if day > 4 else 1) for day in range(7)])
        return week / week.mean()

    def begun(self, side: int) -> np.ndarray:
        """Visits of one person that begin in each hour of the week, on average."""
        return self.visits[side] / HOURS_PER_MONTH * self.profile

    def running(self, side: int) -> np.ndarray:
        """Visits of one person that run in each hour of the week, on average."""
        ages = np.arange(240)
        return np.array([(self.begun(side)[(t - ages) % WEEK] * self.stay[side] ** ages).sum() for t in range(WEEK)])


class Lives:
    """The lives of `n` contacts for `horizon` hours from the hour of the approach, in steps of `step` seconds.

    Attributes:
        counts: How often it happened, by name ("fade2" is a fade in the third stage) and contact.
        seconds: The seconds from the approach until then, added up.
    """

    def __init__(self, setting: Setting, n: int, *, horizon: int, step: int, seed: int) -> None:
        self.setting, self.horizon, self.step = setting, horizon, step
        self.coins = np.random.Generator(np.random.PCG64(seed))
        self.counts: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(n))
        self.seconds: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(n))
        busy = 1 - np.exp(-setting.running(1))
        self.hour = self.coins.choice(WEEK, n, p=busy / busy.sum())
        self.second = self.coins.integers(0, HOUR, n)
        self.first = self.hour * HOUR + self.second
        self.first_hour = self.hour.copy()
        self.n_visits = np.stack([self._at_least_one(setting.running(side)[self.hour]) for side in (0, 1)])
        self.stage = np.zeros(n, int)
        self.meeting = np.zeros(n, bool)
        self.live = np.ones(n, bool)
        self.knows = np.zeros(n, bool)  # recognised at this stage, and gone on with
        while (here := self._here()).size:
            self._one_hour(here)
            self._full_hour(self._here())
        self._off_platform(self.live.nonzero()[0])

    def _here(self) -> np.ndarray:
        """Return who is in contact on the platform."""
        return (self.live & (self.stage < 3)).nonzero()[0]

    def _at_least_one(self, mean: np.ndarray) -> np.ndarray:
        """Throw Poisson counts until none is 0."""
        counts = np.zeros(mean.size, int)
        while (none := counts == 0).any():
            counts[none] = self.coins.poisson(mean[none])
        return counts

    def _note(self, name: str, rows: np.ndarray) -> None:
        if not rows.size:
            return
        seen = rows[self.hour[rows] - self.first_hour[rows] < self.horizon]
        seconds = self.hour[seen] * HOUR + self.second[seen] - self.first[seen]
        for stage in set(self.stage[seen]):
            these = self.stage[seen] == stage
            self.counts[f"{name}{stage}"][seen[these]] += 1
            self.seconds[f"{name}{stage}"][seen[these]] += seconds[these]

    def _heads(self, rows: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Throw a coin for each alarm; return the first that shows heads, or 4."""
        rate = np.array(self.setting.hazard)[self.stage[rows]]
        rate[self.knows[rows], 0] = 0
        heads = self.coins.random(rate.shape) < -np.expm1(-rate * seconds[:, None] / HOUR)
        return np.where(heads.any(axis=1), heads.argmax(axis=1), 4)

    def _one_hour(self, rows: np.ndarray) -> None:
        while rows.size:
            seconds = np.minimum(self.step, HOUR - self.second[rows])
            alarm = self._heads(rows, seconds)
            self.second[rows] += seconds
            self._recognised(rows[alarm == 0])
            self._end("fade", rows[alarm == 1])
            self._leave(rows[alarm == 2])
            on = rows[alarm == 3]
            self._end("harm", on[self.stage[on] == 2])
            on = on[self.stage[on] < 2]
            self._note("on", on)
            self._begin(on, self.stage[on] + 1)
            rows = rows[self.live[rows] & (self.stage[rows] < 3) & (self.second[rows] < HOUR)]

    def _recognised(self, rows: np.ndarray) -> None:
        p = np.array([*self.setting.p_report, 0.0])[self.stage[rows]]
        self._note("report", rows[self.coins.random(rows.size) < p])
        self._note("recognise", rows)
        blocks = self.coins.random(rows.size) < self.setting.p_block
        stays = ~blocks & (self.coins.random(rows.size) < self.setting.p_stay)
        self._note("stay", rows[stays])
        self.knows[rows[stays]] = True
        self._end("block", rows[blocks])
        self._end("withdraw", rows[~blocks & ~stays])

    def _end(self, name: str, rows: np.ndarray) -> None:
        self._note(name, rows)
        self.live[rows] = False

    def _leave(self, rows: np.ndarray) -> None:
        self._note("leave", rows)
        self._begin(rows, 3)

    def _begin(self, rows: np.ndarray, stage: np.ndarray | int) -> None:
        self.stage[rows] = stage
        self.knows[rows] = False

    def _off_platform(self, rows: np.ndarray) -> None:
        """Run by the calendar from the next full hour on: coins every six minutes."""
        self.hour[rows] += 1
        self.second[rows] = 0
        while rows.size:
            alarm = self._heads(rows, np.full(rows.size, 360))
            self.second[rows] += 360
            self._recognised(rows[alarm == 0])
            self._end("fade", rows[alarm == 1])
            self._end("harm", rows[alarm == 3])
            full = rows[self.second[rows] == HOUR]
            self.hour[full] += 1
            self.second[full] = 0
            self.live[rows[self.hour[rows] - self.first_hour[rows] >= self.horizon]] = False
            rows = rows[self.live[rows]]

    def _full_hour(self, rows: np.ndarray) -> None:
        """Let visits end and begin; part those of whom one is gone."""
        self.hour[rows] += 1
        self.second[rows] = 0
        at = self.hour[rows] % WEEK
        for side in (0, 1):
            still = self.coins.binomial(self.n_visits[side, rows], self.setting.stay[side])
            begun = np.where(self.meeting[rows], 0, self.coins.poisson(self.setting.begun(side)[at]))
            self.n_visits[side, rows] = still + begun
        apart = rows[(self.n_visits[:, rows] == 0).any(axis=0)]
        found = self.coins.random(apart.size) < self.setting.findability
        self._end("lose", apart[~found])
        self._note("find", apart[found])
        self._wait(apart[found])

    def _wait(self, rows: np.ndarray) -> None:
        """Throw a coin an hour for meeting and one for giving up, from the next hour on; a meeting is one visit."""
        setting = self.setting
        stay = [1 / (1 - s) for s in setting.stay]
        chance = setting.visits[0] * setting.visits[1] / HOURS_PER_MONTH**2 * sum(stay) * setting.rel_meeting
        while rows.size:
            self.hour[rows] += 1
            rate = chance * setting.profile[self.hour[rows] % WEEK] ** 2
            met = self.coins.random(rows.size) < -np.expm1(-rate)
            gave_up = ~met & (self.coins.random(rows.size) < -np.expm1(-setting.lapse))
            self._note("meet", rows[met])
            self._end("lapse", rows[gave_up])
            self.meeting[rows[met]] = True
            self.n_visits[0, rows[met]] = 1
            self.n_visits[1, rows[met]] = 1 << 40  # the session is as long as a visit of the target
            rows = rows[~met & ~gave_up]
