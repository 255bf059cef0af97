"""The consent records of one phone, or of the cloud, and the question that every upload must pass."""
