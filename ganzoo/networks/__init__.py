"""Generators, discriminators and operations."""
