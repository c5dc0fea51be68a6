"""Signed webhooks for Qunfa: own systems, and the custom bots of Feishu and DingTalk groups."""
