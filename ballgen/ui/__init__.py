"""The dashboard, the only part that imports streamlit.

shell.py    navigation, and the guard that every page starts with
preload.py  what a first visit needs, loaded before somebody comes
theme.py    styles that depend on what a page shows
widgets/    images, films, controls and tables, with the scripts that some run in the browser
session/    what all sessions share: the selected models, what is loaded once, measured scores

Every page has a folder: its data.py computes and caches, the other files draw. pages/data.py has
`images/`.
"""
