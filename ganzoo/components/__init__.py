"""ganzoo's own components, one folder a kind."""
