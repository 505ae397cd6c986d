"""From a draft to job specs: expanded, snapshotted, counted before anything is queued."""
