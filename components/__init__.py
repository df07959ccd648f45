"""The rooms: plain Python that knows nothing of what composes, schedules or tracks it."""
