"""Memories of past fakes, from which a discriminator is shown some."""
