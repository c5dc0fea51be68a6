"""The WeCom (企业微信) channel: customer mass send, app messages, customer moments and group robots."""
