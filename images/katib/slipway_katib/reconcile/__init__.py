"""From objects to changes. Functions of values: what is asked for is done by ``edge``, and then they are asked again.

Every step is safe to repeat: names are in the Suggestion's status before a Trial is made, a Trial's job has its name.
"""
