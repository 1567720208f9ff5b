"""What can be set: every number of the model, declared once, and the rulebook of a platform."""
