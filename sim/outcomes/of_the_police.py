"""Outcomes of the police: what reaches them, how long it takes, and what that asks of a site and its users."""

from __future__ import annotations

from sim.outcomes.outcome import Outcome

OF_THE_POLICE: tuple[Outcome, ...] = (
    Outcome(
        "recorded_proceedings", "Recorded proceedings of all kinds: those of the model over the share that it has",
        "proceedings a month per 1,000 baseline monthly visitors", "neither",
        lambda s: (
            s.a_month("n_complain")
            + s.a_month("n_complain_earlier")
            + s.a_month("n_case_referral")
            + s.a_month("n_case_decoy")
            + s.a_month("n_case_seized")
        )
        * (1000 / s.visitors)
        * s.proceedings_per_case,
        ("n_complain", "n_complain_earlier", "n_case_referral", "n_case_decoy", "n_case_seized"),
    ),
    Outcome(
        "cases", "Files that the police open", "files a year", "neither", lambda s: s.a_year("n_case"), ("n_case",)
    ),
    Outcome(
        "cases_referral", "Files opened on a referral by the site", "files a year", "neither",
        lambda s: s.a_year("n_case_referral"), ("n_case_referral",),
    ),
    Outcome(
        "cases_decoy", "Files opened on what a decoy learned", "files a year", "neither",
        lambda s: s.a_year("n_case_decoy"), ("n_case_decoy",),
    ),
    Outcome(
        "cases_seized", "Files opened on what was seized of a site", "files a year", "neither",
        lambda s: s.a_year("n_case_seized"), ("n_case_seized",),
    ),
    Outcome(
        "innocents_investigated", "Files on lawful users", "files a year", "lower",
        lambda s: s.a_year("n_case_user"), ("n_case_user",),
    ),
    Outcome(
        "approaches_to_decoys", "Approaches to decoys of the police", "approaches a month", "neither",
        lambda s: s.a_month("n_decoy"), ("n_decoy",),
    ),
    Outcome(
        "decoy_hours", "Decoys online", "hours a month", "lower",
        lambda s: s.a_month("n_decoy_milli_hours") / 1000, ("n_decoy_milli_hours",),
    ),
    Outcome(
        "investigators_busy_share", "Investigators busy: files taken up of those they could take up",
        "share of capacity", "neither",
        lambda s: (s["n_take_up"] + s["n_take_up_earlier"]) / s["n_case_capacity"].where(s["n_case_capacity"] > 0),
        ("n_take_up", "n_take_up_earlier"),
    ),
    Outcome(
        "cases_waiting", "Files that wait for an investigator", "files, mean over the hours", "lower",
        lambda s: s["n_case_waiting_hours"] / (24 * s.days), ("n_case",),
    ),
    Outcome(
        "requests", "Requests of the police to the host", "requests a year", "neither",
        lambda s: s.a_year("n_request"), ("n_request",),
    ),
    Outcome(
        "data_at_request", "Requests whose logs are still there when they are sent", "share of requests", "higher",
        lambda s: s.share("n_request_data", "n_request"), ("n_request",),
    ),
    Outcome(
        "data_at_answer", "Requests that come to an answer with data", "share of requests that reach the host",
        "higher", lambda s: s.share("n_answer_data", "n_answer"), ("n_answer",),
    ),
    Outcome(
        "identifications", "Persons whom the police identify", "identifications a year", "neither",
        lambda s: s.a_year("n_identify"), ("n_identify",),
    ),
    Outcome(
        "identified_by_payment", "Identifications by logs and a payment", "identifications a year", "neither",
        lambda s: s.a_year("n_identify_payment"), ("n_identify_payment",),
    ),
    Outcome(
        "identified_without_site", "Identifications by evidence that is not the site's", "identifications a year",
        "neither", lambda s: s.a_year("n_identify_other"), ("n_identify_other",),
    ),
    Outcome(
        "closed_no_data", "Files closed because the logs were gone", "files a year", "neither",
        lambda s: s.a_year("n_close_no_data"), ("n_close_no_data",),
    ),
    Outcome(
        "closed_no_identity", "Files closed because the logs lead to nobody", "files a year", "neither",
        lambda s: s.a_year("n_close_no_identity"), ("n_close_no_identity",),
    ),
    Outcome(
        "closed_no_answer", "Files closed because a request was never answered", "files a year", "neither",
        lambda s: s.a_year("n_close_no_answer"), ("n_close_no_answer",),
    ),
    Outcome(
        "closed_too_old", "Files closed because what would be asked for is too old", "files a year", "neither",
        lambda s: s.a_year("n_close_too_old"), ("n_close_too_old",),
    ),
    Outcome(
        "arrests", "Arrests of predators", "arrests a year", "neither", lambda s: s.a_year("n_arrest"), ("n_arrest",)
    ),
    Outcome(
        "arrests_referral", "Arrests in files opened on a referral by the site", "arrests a year", "neither",
        lambda s: s.a_year("n_arrest_referral"), ("n_arrest_referral",),
    ),
    Outcome(
        "arrests_decoy", "Arrests in files opened on what a decoy learned", "arrests a year", "neither",
        lambda s: s.a_year("n_arrest_decoy"), ("n_arrest_decoy",),
    ),
    Outcome(
        "arrests_seized", "Arrests in files opened on what was seized of a site", "arrests a year", "neither",
        lambda s: s.a_year("n_arrest_seized"), ("n_arrest_seized",),
    ),
    Outcome(
        "days_to_identification", "From the act to the identification", "days, mean", "lower",
        lambda s: s.share("n_identify_hours", "n_identify") / 24, ("n_identify",),
    ),
    Outcome(
        "days_to_arrest", "From the act to the arrest", "days, mean", "lower",
        lambda s: s.share("n_arrest_hours", "n_arrest") / 24, ("n_arrest",),
    ),
    Outcome(
        "days_at_large", "From joining the site, or the beginning of the run, to the arrest", "days, mean", "lower",
        lambda s: s.share("n_at_large_hours", "n_arrest") / 24, ("n_arrest",),
    ),
    Outcome(
        "felt_risk", "Felt risk", "units, mean over the days", "neither",
        lambda s: s["n_felt_risk_milli"] / (1000 * s.days), ("n_felt_risk_milli",),
    ),
    Outcome(
        "logs_kept", "Connection logs in store, as once they have been kept for so long",
        "user-hours of logs, mean over the hours", "lower",
        lambda s: s["n_log_hours"] / (24 * s.days), ("n_log_hours",),
    ),
    Outcome(
        "identified_use", "Use under an account that persists", "share of user-hours", "lower",
        lambda s: s.share("n_identified_hours", "n_user_hours"), ("n_identified_hours",),
    ),
)  # fmt: skip
"""Quantities reported where the scenario has investigators."""
