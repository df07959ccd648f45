"""Exports of other tools, one file for each: all of them become pictures with boxes around people."""
