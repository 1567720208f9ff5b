"""What is simulated: one world, shared decisions, and two engines that must agree."""
