"""The dashboard's rooms: the only ones that import streamlit.

What several pages share lies here, what one page needs in the folder that bears its name.

shell.py       navigation, and the guard that every page starts with
theme.py       one colour and one name per family
words.py       what things are called on the pages
shelf.py       which checkpoints and finished runs there are, and the test pictures of each
stage.py       the side bar: which of them are on stage
loading.py     models, test pictures and picture sheets, each made once and kept
pictures.py    small pictures, enlarged by whole factors
scoring.py     figures that were stored, and those that are measured on demand
film_strip.py  films that a slider scrubs in the browser, without the server
widgets/       what these two and the pointer on maps run in the browser
icon.py        the tab's icon
"""
