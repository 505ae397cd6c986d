"""What is on disk: the home, atomic files, locks, names, artifacts, documents."""
