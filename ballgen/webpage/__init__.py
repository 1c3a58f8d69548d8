"""A page without Python: one HTML file in which a model's decoder runs, offline and on a phone."""
