"""How fast a model is by each engine, and how exact: `ganzoo benchmark`."""
