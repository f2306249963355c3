"""Systems side by side: what to train, what is trained, their scores and their pictures."""
