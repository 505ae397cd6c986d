"""The tables of all jobs and the database under them."""
