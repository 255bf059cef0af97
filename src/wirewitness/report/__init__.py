"""Floor 5: a case folder becomes something to read. Pure functions of the folder; no clock, no network.

What writes it stands in `rendering.py`; nothing is imported here, so that asking for a text loads no page.
"""
