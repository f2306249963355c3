"""`ganzoo demo`: trained models on a page of this machine, and behind a JSON interface."""
