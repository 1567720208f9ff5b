"""Freemium: some pay, and a payment can be traced."""

from sim.policies.policy import Policy, sets
from sim.rules.rulebook import RULES
from sim.rules.sentences import Amount, Sentence
from sim.rules.words import plain_number


class FreemiumPolicy(Policy, name="freemium"):
    """Let a share of persons pay for extras: where the police ask, a payment leads to them oftener than an account.

    Whether predators avoid it is an assumption.
    """

    seen_in = ("identified_by_payment", "identifications", "arrests")

    p_paying: float = sets("freemium.p_paying", ...)
    rel_predators: float = sets("freemium.rel_predators", RULES["freemium.rel_predators"].default)

    def words(self) -> Sentence:
        """Say in words what is changed."""
        return Sentence(
            "{share}% of lawful persons pay, predators {factor} times as often",
            share=round(100 * self.p_paying), factor=Amount(self.rel_predators, plain_number),
        )  # fmt: skip
