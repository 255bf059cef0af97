"""optin, the honest system: a phone agent and its cloud, built so that their word can be checked.

What leaves is only what a live consent record covers; everything starts off. The agent is sans-IO: it is
handed the time, the state of the network, storage and randomness, and gives back the requests to send.
"""
