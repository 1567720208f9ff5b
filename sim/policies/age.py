"""Age assurance: how a site finds out who is too young, and whether they are kept out."""

from collections.abc import Mapping, Sequence

from sim.policies.policy import Change, Policy, sets
from sim.rules.age import AgeCheck, AgeLevel, Protects
from sim.rules.declare import parameter
from sim.rules.rulebook import Platform
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words
from sim.rules.words import plain_number

_CHECK: Mapping[AgeLevel, Term] = {
    "none": Term("ages not asked for"),
    "declared": Term("ages declared"),
    "estimated": Term("ages estimated"),
    "verified": Term("ages verified"),
}


class AgePolicy(Policy, name="age"):
    """Ask for nothing, a statement, an estimate or a proof of age, and keep those too young out or not.

    Moves who leaves rather than be checked, predators too, which may be most of what a check does, and who is known as
    too young: `gate` keeps them out, and the lever `limits` spares them messages from adults. Who gets round a check,
    which predators pass for too young and who leaves are inputs of the model.
    """

    seen_in = ("adults_misjudged", "visitors_turned_away", "persons_harmed_under_15", "persons_harmed_15_17")

    level: AgeLevel | None = parameter(
        None, "level", None, None, "none, declared, estimated or verified (as it is)", minimum=None
    )
    protects: Protects | None = sets("age.protects", None)
    gate: bool | None = sets("age.gate", None)
    buffer_years: float | None = sets("age.buffer_years", None)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Replace the baseline's level: its friction gives way to the new level's, the rest is set."""
        changes = [*super().changes(platform)]
        if self.level is not None:
            now, then = platform.age.check, platform.age.at(self.level)
            given = {change.rule for change in changes}
            for name in AgeCheck.model_fields:
                rule = f"age.{name}"
                if name.startswith("friction"):
                    changes.append(Change(rule, "add", getattr(then, name) - getattr(now, name)))
                elif rule not in given:
                    changes.append(Change(rule, "set", getattr(then, name)))
        return changes

    def words(self) -> Words:
        """Say in words what is changed."""
        gate = None
        if self.gate is not None:
            gate = Term("the too young kept out") if self.gate else Term("nobody kept out for being too young")
        check = None if self.level is None else _CHECK[self.level]
        whom = None if self.protects is None else Sentence("too young: {band}", band=self.protects)
        buffer = None
        if self.buffer_years is not None:
            buffer = Sentence("a buffer of {n} years", n=Amount(self.buffer_years, plain_number))
        parts = tuple(part for part in (check, whom, buffer, gate) if part is not None)
        return Listed(parts) if parts else Term("ages as before")
