"""A recipe's tables: schema, loading, validation, durations, notation."""
