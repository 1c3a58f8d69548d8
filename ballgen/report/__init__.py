"""A report to hand in: one folder of text, figures and tables about a few checkpoints."""
