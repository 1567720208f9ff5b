"""Every decision of the hour as a pure function of numbers, a file each submodel; both engines take them.

Functions take Python numbers or arrays alike: first the words that were drawn for the decision, then what it is about,
then settings, under the names that they have in rules or `Numbers`. Sanctions alone take `draws`, since few of the
words that they may need are looked at. Times of a contact are in whole seconds, hazards in billionths an hour; a hazard
that rounds to none never acts.
"""
