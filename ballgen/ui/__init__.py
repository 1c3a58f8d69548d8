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
icon.py      the tab's icon
"""
