"""Prices: what a scenario says that things cost, so that the price of a policy can be told in money."""

from __future__ import annotations

from pydantic import Field

from sim.rules.declare import Section, Text, parameter


class Prices(Section):
    """What things cost in money, as the scenario states it, with its source; nothing by itself costs anything.

    No run depends on it: the same runs are priced again when it changes.
    """

    currency: Text = Field("EUR", min_length=1, max_length=12, description="a currency, up to 12 characters")
    moderator_hour: float = parameter(0.0, "currency an hour", None, None, "An hour of a moderator on shift.")
    user_day_lost: float = parameter(
        0.0, "currency a user-day", None, None, "A day of lawful use lost at the door, or to a suspension or ban."
    )
    conversation_lost: float = parameter(
        0.0, "currency a conversation", None, None, "A lawful conversation that does not take place."
    )
    source: Text = Field("", max_length=300, description="who says so, up to 300 characters")

    @property
    def stated(self) -> bool:
        """Whether anything has a price."""
        return any(price > 0 for price in (self.moderator_hour, self.user_day_lost, self.conversation_lost))
