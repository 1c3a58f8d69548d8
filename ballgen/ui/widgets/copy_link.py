"""A button that copies the page's address, which says all that was chosen on it."""

from ballgen.ui.widgets import component

show_copy_link = component("copy_link", '<button type="button">Copy link</button>')
