"""Registration: what a newcomer must show before the first visit."""

from collections.abc import Mapping, Sequence

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter
from sim.rules.registration import Level
from sim.rules.rulebook import Platform
from sim.rules.sentences import Term

_ENTRY: Mapping[Level, Term] = {
    "none": Term("entry with a nickname alone"),
    "email": Term("registration with an e-mail address"),
    "phone": Term("registration with a verified phone number"),
    "document": Term("registration with an identity document"),
}


class RegistrationPolicy(Policy, name="registration"):
    """Ask for nothing, an e-mail address, a telephone number or an identity document.

    Moves the friction of entry, the share and delay of returns after a bar, findability, whether accounts outlive a
    visit, and how often they lead the police to the person. Which persons are turned away and how often a pair finds
    each other again are inputs of the model.
    """

    seen_in = ("visitors_turned_away", "predator_hours", "returns", "private_contacts")

    level: Level = parameter(..., "level", None, None, "none, email, phone or document", minimum=None)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Replace the baseline's level: its friction gives way to the new level's, the rest is set."""
        now, then = platform.registration.admission, platform.registration.at(self.level)
        return [
            Change("registration.friction_user", "add", then.friction_user - now.friction_user),
            Change("registration.friction_predator", "add", then.friction_predator - now.friction_predator),
            Change("registration.p_return", "set", then.p_return),
            Change("registration.return_delay_hours", "set", then.return_delay_hours),
            Change("registration.findability", "set", then.findability),
            Change("registration.accounts_persist", "set", then.accounts_persist),
            Change("registration.p_identity", "set", then.p_identity),
        ]

    def words(self) -> Term:
        """Say in words what is changed."""
        return _ENTRY[self.level]
