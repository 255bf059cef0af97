"""The worlds: one course of events a file, described in its docstring, named after what happens."""
