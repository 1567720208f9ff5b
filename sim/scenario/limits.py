"""What a scenario may be at most and at least."""

from __future__ import annotations

MIN_VISITORS = 100
"""Monthly visitors, at this scale, below which classes of persons would be empty."""

MAX_MEMBERS = 50_000_000
"""Members at a time that fit into memory."""

MAX_PERSONS = 1_500_000_000
"""Members in the course of a run: their numbers must fit into the keys of the draws."""

MAX_PER_HOUR = 30_000
"""Visits of one class of persons, likewise visits of predators, approaches or false reports, in the busiest hour."""

MAX_SITES = 5
"""Sites, the first one among them: their persons share the ids that there are."""

MAX_POLICIES = 200
"""Policies that one comparison carries at most."""

MAX_LEVERS = 1_000
"""Levers in all policies together, those counted again that are combined from others."""

MAX_CHANGES = 20_000
"""Days on which rules change in all policies together: each has its rules worked out, some twenty thousand a second."""

MAX_DOOR_CHANGES = 10
"""Days of one month on which doors may change: visitors are counted in a table of 2 to this power."""

SHORTEST_MONTH = 30
"""Days of the shortest month in which visitors are counted."""
