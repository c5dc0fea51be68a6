"""What stands beside the chain in an extract."""

from __future__ import annotations

README = """群发证据 / evidence of Qunfa

evidence.jsonl  谁撰写、谁检查、谁审批、发了什么、平台怎么答复、之后撤回了什么。每行一条记录，每行带着上一行的哈希。
                who wrote, checked and approved it, what was sent, what the platforms answered, what was taken back.
                One record a line; each line carries the hash of the line before it.
verify.py       核对程序，只需要 Python 3.8 以上，不联网。
                the program that checks it; needs nothing but Python 3.8 or newer, and no network.

核对 / to check:

    python3 verify.py FILE.zip [HEAD]

HEAD 是报告上印着的头哈希，也可以向代运营机构询问。给出它，连整份重写都能发现。
HEAD is the head hash printed on the report; the agency can name it too. With it even a wholly rewritten file is found out.

记录里的 content_sha256 是该账号所收内容的哈希；图片以其字节的 SHA-256 出现。
content_sha256 of an account is the hash of what it sent; pictures stand in it by the SHA-256 of their bytes.
"""
