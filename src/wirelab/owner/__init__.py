"""The owner of the simulated phone.

Photos, messages, contacts, calls, identifiers, places, apps, all from the seed.
"""
