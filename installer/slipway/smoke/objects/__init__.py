"""The objects that a smoke run creates: functions of values, nothing here talks to a cluster."""
