"""Rules as data: every row has its reason; a row without one does not load."""
