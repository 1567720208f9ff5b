"""The same model as plain Mesa agents: one lane, written to be read and to check the array engine.

A `User`, a `Predator` and a `Moderator` each have a `step()`; the `Chat` holds the clock, the sites and the police, and
a `Venue` the rules and the desk of one site. The agents share with the array engine the world, the draws, the rules and
the decisions, and nothing else: no state, no order, no queue, no bookkeeping.
"""

from sim.model.agents.chat import MAX_PERSONS, Chat, simulate
from sim.model.agents.desk import Moderator
from sim.model.agents.people import Predator, User

__all__ = ["MAX_PERSONS", "Chat", "Moderator", "Predator", "User", "simulate"]
