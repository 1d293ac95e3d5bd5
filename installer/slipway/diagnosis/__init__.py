"""Why pods and objects are not ready, and what to do."""
