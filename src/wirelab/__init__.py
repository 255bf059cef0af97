"""The laboratory: a simulated phone, network and clouds in virtual time, the truth beside the capture."""
