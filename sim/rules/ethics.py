"""What no result may be taken for, wherever it goes: on a page, in a workbook, in an archive."""

from sim.rules.sentences import Sentence

ETHICS = Sentence(
    "This explores what assumptions imply. It does not estimate how many victims there were, rank real services or "
    "prove that a site caused anything, and is no sole basis for closing one or for an obligation to identify oneself."
)
"""Stands under every result."""
