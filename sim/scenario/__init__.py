"""Scenario files: what they hold, how they are read, checked and begun."""
