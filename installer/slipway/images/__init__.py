"""The images that an installation pulls: found in objects, copied to a registry, rewritten, pinned by digest.

``scan`` visits every reference of an object, also the hidden ones; finding, rewriting and pinning are the same visit,
so that what is listed is what is mirrored and what is rewritten.
"""
