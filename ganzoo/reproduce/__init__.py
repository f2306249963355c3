"""The papers' tables: which systems, trained in order, measured, beside what was published."""
