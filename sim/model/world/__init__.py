"""Who comes when and meets whom, drawn alike for both engines and every policy."""
