"""Jobs: what users do with them, the queue, the history, and who works on them."""
