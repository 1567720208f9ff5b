"""A site of the lane, as its desk and the police see it: its rules, its logs, and what predators feel there."""

from __future__ import annotations

from collections.abc import Sequence

from sim.model.agents.entrances import PREDATORS, Entrances
from sim.model.agents.ledger import Ledger
from sim.model.decisions import felt_risk
from sim.model.decisions.moderation import kept_since
from sim.model.decisions.numbers import Numbers
from sim.model.decisions.undercover import decoys_online, milli
from sim.model.hourly import HourlyModel
from sim.model.world.world import World
from sim.rules.rulebook import Rules


class Lane(HourlyModel):
    """The lane, as its sites see it; `sim.model.agents.chat.Chat` makes it.

    Attributes:
        world: Who comes when.
        numbers: What decisions need of the scenario.
        ledgers: Where everything is written down, site by site.
        today: Who is let in where today.
        venues: The sites.
    """

    world: World
    numbers: Numbers
    ledgers: list[Ledger]
    today: Entrances
    venues: Sequence[Venue]


class Venue:
    """A site of the lane.

    Args:
        lane: The lane.
        index: Index of the site.

    Attributes:
        rules: Those of today.
        log_since: Hour since which connection logs are kept.
        seized: Whether the police took what it had when it closed, so that logs are deleted no more.
        felt_risk: What predators feel of arrests and bans here, in millionths.
    """

    def __init__(self, lane: Lane, index: int) -> None:
        self.lane, self.index = lane, index
        self.rules: Rules = lane.scenario.platforms[index].rules
        self.log_since = 0
        self.seized = False
        self.felt_risk = self._felt_risk_new = 0

    @property
    def ledger(self) -> Ledger:
        """Where it is written down what happens here."""
        return self.lane.ledgers[self.index]

    @property
    def decoys(self) -> float:
        """Decoys of the police that are online in this hour."""
        return decoys_online(self.rules, self.lane.hour % 24, self.lane.scenario.scale)

    def open_hour(self) -> None:
        """Delete logs that are too old, and count decoys."""
        self.delete_logs()
        self.ledger.count("n_decoy_milli_hours", milli(self.decoys))

    def delete_logs(self) -> None:
        """Let logs be deleted that are too old."""
        if not self.seized:
            self.log_since = int(kept_since(self.log_since, self.lane.hour, self.rules.retention.log_hours))

    def close_hour(self) -> None:
        """Felt risk fades."""
        risk = self.lane.numbers.felt_risk
        if risk.sensitivity:
            faded = int(felt_risk.faded(self.felt_risk, felt_risk.kept_an_hour(risk)))
            self.felt_risk = min(faded + self._felt_risk_new, felt_risk.MOST_MICRO)
            self._felt_risk_new = 0
            if self.lane.hour % 24 == 23:
                self.ledger.count("n_felt_risk_milli", self.felt_risk // 1000)

    def add_risk(self, per_event: float) -> None:
        """Take in what an arrest or a ban does to felt risk."""
        lane = self.lane
        if not lane.numbers.felt_risk.sensitivity:
            return
        (members,) = lane.world.n_predators_on(lane.hour // 24)
        come_here = members * lane.today.come_first(PREDATORS)[self.index] // lane.world.movers.n_cells
        self._felt_risk_new += int(felt_risk.added(per_event, 1, int(come_here.sum())))
