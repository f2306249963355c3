"""Recognisers: which network the tensors of a file belong to."""
