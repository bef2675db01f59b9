"""The charts of a report: a function each, from a Study and a width in CSS pixels to a matplotlib figure."""
