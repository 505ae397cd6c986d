"""What several words of the command line have in common."""
