"""The dashboard's rooms: the only ones that import streamlit.

shell.py     navigation, and the guard that every page starts with
theme.py     one colour and one name per family
words.py     what things are called on the pages
shelf.py     which checkpoints there are, and the test pictures that belong to them
stage.py     the side bar: which of them are on stage
loading.py   models, test pictures and picture sheets, each made once and kept
pictures.py  small pictures, enlarged by whole factors
scoring.py   figures that were stored, and those that are measured on demand
compare.py   the parts of the page that compares the families
figures.py   the table below it
film_strip.py  films that a slider scrubs in the browser, without the server
latent.py, latent_*.py  the page that maps latent space: controls, map, pointer, picture, region
interpolate.py, interpolate_*.py  the page between pictures: ends, plans, dimensions
why.py, why_*.py  the page that explains random samples: case, charts, way, guesses, sentences
data.py, data_*.py  the page of the pictures themselves: sources, and balls drawn from factors
icon.py      the tab's icon
"""
