"""Personal WeChat accounts for Qunfa: no API exists, so the product prepares the work and a person does it."""
