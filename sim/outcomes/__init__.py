"""What is made of counts: outcomes, their estimates with intervals, and effects."""
