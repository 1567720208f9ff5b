"""Every decision of the hour as a pure function of numbers, a file each submodel; both engines take them.

Functions take Python numbers or arrays alike. Times of a contact are in whole seconds, hazards in billionths an hour; a
hazard that rounds to none never acts.
"""
