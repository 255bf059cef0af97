"""What a phone does all day, beside whatever a world is about.

One app, or one habit of the system, a file.
"""
