"""Waiting for a value, for what raises NotYet meanwhile, for an object: with a deadline, saying for what."""

from slipway.waiting.clock import Clock, Stopped
from slipway.waiting.poll import poll, settle, wait_for

__all__ = ["Clock", "Stopped", "poll", "settle", "wait_for"]
