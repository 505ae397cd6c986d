"""Running jobs: the runner, the stages of one job, the watch over a request, when to stop."""
