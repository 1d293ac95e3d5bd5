"""The side effects: watches, the work queue, requests to the API server. Everything else is a function of values."""
