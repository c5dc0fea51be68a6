"""Set-up of a checkout, for ``run.py``: standard library only, and written for Python 3.9 too, to say what is needed."""
