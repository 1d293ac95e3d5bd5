"""An installation as a repository that other tools apply: the same objects in the same order, without Slipway.

``model`` puts rendered components into parts and steps; every format is a pure function of these to files.
"""
