"""Qunfa channel ``official_account``: WeChat Official Accounts, the subscription and the service kind."""
