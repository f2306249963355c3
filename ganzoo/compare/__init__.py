"""Systems side by side: what to run, what is there, their figures and their pictures."""
