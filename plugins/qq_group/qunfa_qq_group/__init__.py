"""QQ groups for Qunfa: the official bot API (kind ``official``) and, opt-in, a OneBot v11 server (kind ``onebot``)."""
