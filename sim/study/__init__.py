"""Running step loops into a folder: tasks, price, workers, store, and what tells one version from another."""
