"""Whose an object is: Slipway's, somebody else's, or taken over."""
