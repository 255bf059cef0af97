"""Floor 3: conditions, consent, controls, claims: from findings to verdicts. Pure, but for the readers of files."""
