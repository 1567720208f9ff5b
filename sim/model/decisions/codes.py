"""Codes and units of decisions: stages of a contact, what ends one, what a target does, time and chance."""

from __future__ import annotations

from typing import Final

N_STAGES = N_ALARMS = 4
CONTACT, ENGAGED, PRIVATE, OFF = range(N_STAGES)
"""Stages of a contact."""
RECOGNISE, FADE, LEAVE, GO_ON = range(N_ALARMS)
"""What can end a stage; in a tie the earlier in this order rings."""
BLOCK, WITHDRAW, STAY = range(3)
"""What a target does who recognises a contact: the first two end it."""
TARGET, FLAGGER, MISTAKEN, DETECTOR = range(4)
"""Where a report to the site comes from: a target, a trusted flagger, a user who is mistaken about a lawful one, or the
site's own detector."""
COMPLAINT, REFERRAL, DECOY, EARLIER, SEIZED = range(5)
"""Where a lead of the police comes from: a complaint, a referral by the site, a decoy; a complaint about harm before
the run, which names nobody; the data of a site that were seized."""
BY_LOGS, BY_PAYMENT, BY_OTHER_EVIDENCE = range(1, 4)
"""What identifies somebody: logs and the account, logs and a payment, evidence that is not the site's."""
NO_DATA, NO_IDENTITY, NO_ANSWER, TOO_OLD, CLEARED = range(1, 6)
"""Why a file is closed: the logs were gone; they lead to nobody; the request was never answered; what is asked for
would be too old; the person identified has done nothing."""
NEVER: Final = 1 << 50
"""An hour or second that never comes."""
SECONDS: Final = 3600
"""Seconds of an hour."""
MICRO: Final = 1_000_000
NANO: Final = 1_000_000_000
"""Units of fixed-point numbers: a table of hazards or chances is rounded to them once, and what decides an event is
whole numbers from then on, the same on every machine."""
