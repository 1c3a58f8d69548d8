"""How good a model's images are: metrics, feature spaces, the C2ST, and the scores of a model."""
