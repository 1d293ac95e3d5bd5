"""Plan, apply, wait, probe, remember, prune, uninstall."""
