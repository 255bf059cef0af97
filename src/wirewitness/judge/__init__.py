"""Floor 3: conditions, consent, controls, claims: from findings to verdicts."""
