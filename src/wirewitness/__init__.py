"""The witness: reads what a phone sent, and gives every claim about it a graded verdict.

The pipeline stands in `wirewitness.case`; the words in `wirewitness.model`.
"""

__version__ = "0.1.0"
