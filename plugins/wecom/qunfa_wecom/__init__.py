"""Qunfa channel wecom."""
