"""Users' objects, databases, generated Secrets and claims' data: into one file, and out of it again."""
