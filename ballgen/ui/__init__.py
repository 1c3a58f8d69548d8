"""The dashboard, the only part that imports streamlit.

shell.py    navigation, and the guard that every page starts with
server.py   what the server adds to Streamlit's: a guard, the style sheet, what a first visit needs
theme.py    styles that depend on what a page shows
widgets/    images, films, controls and tables, with the scripts that some run in the browser
session/    what all sessions share: the selected models, what is loaded once, measured scores

Every page has a folder: its data.py computes and caches, the other files draw. pages/data.py has
`images/`.
"""
