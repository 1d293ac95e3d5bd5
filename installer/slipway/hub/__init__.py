"""The people who may log in: the hub is asked, from within its own pod."""
