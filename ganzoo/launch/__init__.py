"""Several processes: started, watched, ended."""
