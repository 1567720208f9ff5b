"""The mechanisms through which policies work: which rules belong together, and how one is held as in the baseline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SerializeAsAny

from sim.policies.policy import Change, Policy
from sim.rules.rulebook import Platform


@dataclass(frozen=True)
class Mechanism:
    """A way in which a policy can act.

    Attributes:
        name: Words for people, and the name in tables.
        rules: Dotted names of the rules that belong to it; a policy that moves one of them works through it.
        settings: Settings of the scenario that switch it off where no rule does: what predators make of a policy.
        is_input: Whether what it does is put in (a share, a factor) rather than comes about in the model.
    """

    name: str
    rules: tuple[str, ...]
    settings: Mapping[str, float] = field(default_factory=dict)
    is_input: bool = False


_DOOR = ("registration.friction_user", "registration.friction_predator")

MECHANISMS = (
    Mechanism("the door", _DOOR, is_input=True),
    Mechanism("looking further", _DOOR, {"predators.p_retry_absent": 0.0}),
    Mechanism("findability", ("registration.findability",), is_input=True),
    Mechanism(
        "the price of a new identity",
        (
            "registration.p_return", "registration.return_delay_hours", "registration.p_device_recognised",
            "registration.device_known_days", "sanctions.binds", "sanctions.rel_return_device",
            "sanctions.rel_return_identity", "sanctions.rel_recognised_device",
        ),
        is_input=True,
    ),
    Mechanism("accounts that persist", ("registration.accounts_persist",)),
    Mechanism("evidence", ("retention.message_hours", "reporting.snapshot")),
    Mechanism(
        "announced retention", ("retention.message_hours",), {"predators.p_deterred_by_retention": 0.0}, is_input=True
    ),
    Mechanism(
        "readiness to report",
        ("reporting.friction", "reporting.rel_ready", "reporting.rel_false", "reporting.p_flagged"),
    ),
    Mechanism(
        "the queue",
        (
            "moderation.staff", "moderation.shift_start_hour", "moderation.shift_hours", "moderation.shift_days",
            "moderation.reviews_per_hour", "moderation.triage", "moderation.dossier_expiry_hours",
        ),
    ),
    Mechanism(
        "the skill of reviews",
        (
            "moderation.p_find_with_evidence", "moderation.p_find_without_evidence",
            "moderation.p_clear_with_evidence", "moderation.p_clear_without_evidence",
        ),
    ),
    Mechanism("the ladder of sanctions", ("sanctions.ladder_hours",)),
    Mechanism("warnings", ("warnings.p_reached", "warnings.rel_recognise"), is_input=True),
    Mechanism("limits on new accounts", ("limits.cooling_off_hours",), is_input=True),
)  # fmt: skip
"""Every mechanism, in the order of tables. Each rule belongs to one that is held by rules."""


class Held(Policy):
    """A policy with some rules left as they are: what it would do without the mechanisms to which they belong."""

    of: SerializeAsAny[Policy]
    rules: tuple[str, ...]

    @property
    def steps(self) -> Sequence[int]:
        """Those of the policy."""
        return self.of.steps

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Return the policy's changes of other rules."""
        return self.changes_after(platform, 0)

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the policy's changes of other rules so many days after its start."""
        return [change for change in self.of.changes_after(platform, days) if change.rule not in self.rules]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.of.words()}, without {', '.join(self.rules)}"


def held(policies: Collection[Policy], mechanisms: Collection[Mechanism]) -> tuple[Policy, ...]:
    """Return the policies of an arm with mechanisms held as in the baseline."""
    rules = tuple(rule for mechanism in mechanisms if not mechanism.settings for rule in mechanism.rules)
    return tuple(Held(of=policy, rules=rules, start=policy.start, end=policy.end) for policy in policies)
