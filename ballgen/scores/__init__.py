"""How good a model's pictures are: figures, feature spaces, tests, and the report of them."""
