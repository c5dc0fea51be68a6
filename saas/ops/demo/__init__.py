"""The demo agency: the clients and accounts of ``accounts.csv``, each connected to a rehearsal server."""
