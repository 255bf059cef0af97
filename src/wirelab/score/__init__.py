"""How well the witness saw what the laboratory did.

It reads two files, result.json and truth.json, and nothing else.
"""
