"""Finished studies: what was asked, what was run, what came out. No part of the package."""
