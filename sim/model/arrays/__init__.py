"""The verbs of an hour over arrays, one file each, in the order of the hour's steps."""
