"""What a run leaves and shows: its folder, its pictures, its progress."""
