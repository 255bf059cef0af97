"""Floor 2: what left, to whom, how often, and what could not be read."""
