"""Police: what the site does for it."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Listed, Sentence, Term, Words


class PolicePolicy(Policy, name="police"):
    """Answer requests of the police directly, refer those whom reviews sanction, or both.

    A direct answer finds what logs are still there when the request arrives: without logs it comes to nothing.
    Referrals fill the files of the police with innocents too.
    """

    seen_in = ("requests", "data_at_answer", "identifications", "arrests", "cases_referral", "innocents_investigated")

    direct: bool | None = sets("cooperation.direct")
    p_refer: float | None = sets("cooperation.p_refer")

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.direct is not None:
            parts.append(_ANSWERS if self.direct else _NO_ANSWERS)
        if self.p_refer is not None:
            parts.append(
                Sentence("{share}% of those sanctioned are referred to the police", share=round(100 * self.p_refer))
            )
        return Listed(tuple(parts)) if parts else Term("nothing")


_ANSWERS, _NO_ANSWERS = Term("requests of the police are answered directly"), Term("no direct answers to the police")
