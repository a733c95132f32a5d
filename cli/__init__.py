"""The command line: who and when. It holds no rule and computes no number."""
