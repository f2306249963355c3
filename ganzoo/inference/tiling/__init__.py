"""Images that memory cannot hold in one piece are computed in tiles."""
