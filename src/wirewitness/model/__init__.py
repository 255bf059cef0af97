"""Floor 0: the nouns. Frozen dataclasses and enums, one noun a file; no input or output here."""
