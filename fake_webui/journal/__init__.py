"""The journal: what came in and went out, and the questions that tests ask of it."""
