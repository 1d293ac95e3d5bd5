"""What the compact controllers share: connection, requests, work queue, Events, watches, checked access to JSON."""
