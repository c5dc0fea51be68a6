"""Links: only public sites by name, over http or https, and only those the account allows."""

from __future__ import annotations

import pytest

from saas.content.links import FoundLink, check_links, domain_allowed, link_fault


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:22/x.png", "http://10.0.0.1", "http://172.16.3.4", "http://192.168.1.1",
        "http://169.254.169.254/latest", "http://100.64.0.1", "http://0.0.0.0", "http://224.0.0.1", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/", "http://[fd00::1]/",
        "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/", "http://①②⑦.0.0.1/",
        "http://localhost/", "http://LOCALHOST./", "http://db.internal/", "http://printer.local/", "http://a.localhost/",
    ],
)  # fmt: skip
def test_private_and_local_addresses_are_refused_in_every_notation(url: str) -> None:
    fault = link_fault(url)
    assert fault is not None
    assert fault.rule == "link_private"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("javascript:alert(1)", "link_script"),
        ("data:text/html,x", "link_script"),
        ("ftp://example.com/", "link_scheme"),
        ("mailto:a@example.com", "link_scheme"),
        ("page.html", "link_scheme"),
        ("//example.com/x", "link_scheme"),
        ("https://user:secret@example.com/", "link_userinfo"),
        ("https://example.com@evil.net/", "link_userinfo"),
        ("https://8.8.8.8/", "link_address"),
        ("https://wiki/", "link_odd"),
        ("https:///x", "link_odd"),
        ("https://exa mple.com/", "link_odd"),
        ("https://example.com\\@evil.net/", "link_odd"),
        ("https://example.com:99999/", "link_odd"),
        ("https://[::1/", "link_odd"),
        ("https://-bad-.com/", "link_odd"),
        ("java\nscript:alert(1)", "link_odd"),
    ],
)
def test_odd_links_are_refused_by_rule(url: str, rule: str) -> None:
    fault = link_fault(url)
    assert fault is not None
    assert fault.rule == rule


@pytest.mark.parametrize("url", ["https://www.example.com/a?b=c#d", "http://例子.中国/路", "https://a-b.example.co.uk:8443/"])
def test_public_sites_pass(url: str) -> None:
    assert link_fault(url) is None


def test_only_allowed_domains_and_those_below_them_pass() -> None:
    links = [
        FoundLink(f"https://{host}/", "a.md", 3)
        for host in ("example.com", "www.example.com", "badexample.com", "example.com.evil.net")
    ]
    found = check_links(links, ["example.com"])
    assert [f.rule for f in found] == ["link_domain", "link_domain"]
    assert "badexample.com" in found[0].message[0]
    assert all(f.line == 3 for f in found)


def test_without_a_list_only_danger_is_checked_and_an_empty_list_allows_nothing() -> None:
    link = [FoundLink("https://www.example.com/", "a.md", 1)]
    assert check_links(link, None) == []
    assert [f.rule for f in check_links(link, [])] == ["link_domain"]


def test_an_unencrypted_link_is_warned_of() -> None:
    found = check_links([FoundLink("http://www.example.com/", "a.md", 1)], None)
    assert [(f.rule, f.severity) for f in found] == [("link_plain", "warn")]


def test_a_domain_of_other_letters_is_compared_in_its_ascii_form() -> None:
    assert [f.rule for f in check_links([FoundLink("https://еxample.com/", "a.md", 1)], ["example.com"])] == ["link_domain"]
    assert domain_allowed("a.example.com", ["*.example.com"])
