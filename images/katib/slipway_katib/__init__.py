"""The Experiment, Suggestion and Trial API (kubeflow.org/v1beta1), compact edition.

Source of the API: Katib v0.19. Everything here but ``edge`` is a function of values; ``edge`` watches and writes.
"""
