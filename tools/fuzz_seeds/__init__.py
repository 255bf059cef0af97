"""What the seeds of the fuzzer are made of."""
