"""Writing files safely, and reading untrusted files within limits."""
