"""The one check of a whole folder: every fault in one run, in order, with file, line, rule and remedy."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from saas.channels import AccountKind, ContentRule, FanOut, Limits, Repeat, Route, Text
from saas.channels.channel import ContentKind
from saas.review.compliance.copies import fingerprint
from saas.review.compliance.folder_check import AccountFacts, Checked, check_folder

MakeFolder = Callable[..., Path]
MakePhoto = Callable[..., bytes]
COFFEE = (
    "今年的第一批云南水洗豆在三月底完成烘焙。海拔一千六百米的坡地昼夜温差大，果实成熟得慢，糖分也就攒得足。\n"
    "我们把发酵时间延长到三十六小时，再用清水反复洗净果胶，最后在晾晒床上翻动十二天。\n\n"
    "水温九十一度，粉水比一比十五。第一段注水四十克，闷蒸三十五秒。分三段注满，总时间控制在两分十秒以内。\n"
)


def account(
    key: str, *content: ContentKind, rules: tuple[ContentRule, ...] = (), domains: tuple[str, ...] | None = None
) -> AccountFacts:
    route = Route("way", content, ("all",), FanOut("platform"), Repeat("none"))
    return AccountFacts(key, AccountKind("k", Text("订阅号", "subscription"), (route,)), {"way": Limits(content=rules)}, domains)


OFFICIAL = (
    ContentRule("title_chars", 64),
    ContentRule("title_chars", 32, "warn"),
    ContentRule("articles", 8),
    ContentRule("body_chars", 20_000),
    ContentRule("body_picture_width", 900),
)


def told(checked: Checked) -> set[tuple[str, str, str, int]]:
    return {(f.severity, f.rule, f.where, f.line) for f in checked.findings}


@pytest.fixture
def broken(make_folder: MakeFolder, make_photo: MakePhoto, make_bomb: Callable[[int], bytes]) -> Path:
    yaml = (
        "name: 样样都不对\nkind: articles\nmarketing: true\n"
        "articles: [articles/1.md, articles/2.md, articles/3.md, articles/4.md, a.md, b.md, c.md, d.md, e.md]\n"
        "accounts: accounts.csv\naudience: all\nschedule: 2026-02-30T25:00:00\ncolour: red\n"
    )
    first = (
        f"---\ntitle: 史上最低价！{'抢' * 60}\nauthor: 甲\ncover: images/small.jpg\n---\n"
        "转发本文到朋友圈并集赞 38 个，即可领取**国家级**大奖。关注公众号即送 50 元。\n\n"
        "本品是治疗失眠的最佳选择，百分之百有效，永久根治。\n\n"
        '<script>alert(document.cookie)</script><img src="x" onerror="alert(1)">\n\n'
        "![](images/huge.jpg) ![](images/cut.jpg) ![](images/fake.jpg) ![](images/bomb.png) ![](http://127.0.0.1:22/i.png)\n\n"
        "[点我](http://phish.example.net/login) [本机](http://[::1]/) [脚本](javascript:alert(1))\n"
    )
    photo = make_photo(width=4200, height=2800)
    copy = f"---\ntitle: 豆子到店\ncover: ../spring/images/cover.jpg\n---\n{COFFEE.replace('三月底', '三月末')}"
    make_folder({"articles/1.md": f"---\ntitle: 豆子到店\ncover: images/cover.jpg\n---\n{COFFEE}"}, name="spring")
    return make_folder(
        {
            "campaign.yaml": yaml,
            "accounts.csv": "\ufeffkey\nalpha-sub\nnobody\nalpha-sub\n",
            "articles/1.md": first,
            "articles/2.md": copy,
            "articles/3.md": "---\nauthor: 乙\n---\n\n正文还没有写。\n",
            "articles/4.md": "---\ntitle: 很长的一篇\ncover: images/small.jpg\n---\n" + "这一段文字会重复很多次。" * 1800,
            "images/small.jpg": make_photo(width=200, height=200),
            "images/huge.jpg": photo,
            "images/cut.jpg": photo[: len(photo) // 3],
            "images/fake.jpg": '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
            "images/bomb.png": make_bomb(30_000),
        },
        name="broken",
    )


EXPECTED = {
    ("block", "file_missing", "campaign.yaml: articles", 4),
    ("block", "articles", "campaign.yaml: articles", 4),
    ("block", "schedule", "campaign.yaml: schedule", 7),
    ("block", "unknown_key", "campaign.yaml: colour", 8),
    ("block", "account_unknown", "accounts.csv", 3),
    ("block", "account_doubled", "accounts.csv", 4),
    ("block", "title_chars", "articles/1.md: title", 2),
    ("block", "advertising_price", "articles/1.md: title", 2),
    ("warn", "cover_small", "articles/1.md: cover", 4),
    ("block", "inducement_share", "articles/1.md", 6),
    ("block", "inducement_follow", "articles/1.md", 6),
    ("warn", "advertising_absolute", "articles/1.md", 6),
    ("block", "medical_function", "articles/1.md", 8),
    ("block", "medical_cure", "articles/1.md", 8),
    ("block", "advertising_guarantee", "articles/1.md", 8),
    ("block", "html_script", "articles/1.md", 10),
    ("block", "picture_private", "articles/1.md", 12),
    ("block", "picture_truncated", "articles/1.md", 12),
    ("block", "picture_type", "articles/1.md", 12),
    ("block", "picture_pixels", "articles/1.md", 12),
    ("note", "picture_fitted", "articles/1.md", 12),
    ("block", "link_private", "articles/1.md", 14),
    ("block", "link_script", "articles/1.md", 14),
    ("block", "link_domain", "articles/1.md", 14),
    ("block", "path_leaves_folder", "articles/2.md: cover", 3),
    ("warn", "near_copy", "articles/2.md", 5),
    ("block", "title_missing", "articles/3.md: title", 1),
    ("block", "cover_missing", "articles/3.md: cover", 1),
    ("block", "body_chars", "articles/4.md", 5),
}


def test_a_folder_with_everything_wrong_is_told_everything_in_one_run(broken: Path) -> None:
    known = {"alpha-sub": account("alpha-sub", "articles", rules=OFFICIAL, domains=("example.com",))}
    checked = check_folder(broken, known)
    assert EXPECTED - told(checked) == set()
    assert checked.blocked
    assert len({(f.rule, f.where, f.line, f.message) for f in checked.findings}) == len(checked.findings)
    for finding in checked.findings:
        assert all(finding.message + finding.remedy), finding
    files = [finding.where.split(": ")[0] for finding in checked.findings]
    assert files == sorted(files, key=lambda name: (name != "campaign.yaml", name))
    over = next(f for f in checked.findings if f.rule == "body_chars")
    assert "1,600 too many (at most 20,000)" in over.message[1]


def test_the_same_faults_come_in_the_same_order_every_time(broken: Path) -> None:
    known = {"alpha-sub": account("alpha-sub", "articles", rules=OFFICIAL)}
    assert check_folder(broken, known).findings == check_folder(broken, known).findings


def test_a_zip_of_the_folder_tells_the_same(broken: Path, tmp_path: Path) -> None:
    target = tmp_path / "upload.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(broken.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(broken).as_posix())
    known = {"alpha-sub": account("alpha-sub", "articles", rules=OFFICIAL, domains=("example.com",))}
    assert EXPECTED - told(check_folder(target, known)) == {("warn", "near_copy", "articles/2.md", 5)}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory of a process alone is read from /proc")
def test_checking_everything_wrong_stays_under_two_hundred_megabytes(broken: Path) -> None:
    program = (
        "import sys, re, pathlib\n"
        "from saas.review.compliance.folder_check import check_folder\n"
        "assert check_folder(pathlib.Path(sys.argv[1])).blocked\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", program, str(broken)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 200_000


def test_a_sound_folder_gives_each_account_its_message(make_folder: MakeFolder) -> None:
    known = {"alpha-sub": account("alpha-sub", "articles", rules=OFFICIAL)}
    checked = check_folder(make_folder(), known)
    assert checked.findings == []
    assert checked.messages["alpha-sub"].message.articles[0].title == "第一批豆子到店"
    assert checked.choices["alpha-sub"].route.name == "way"


def test_an_account_that_can_say_nothing_is_named_with_what_it_takes(make_folder: MakeFolder) -> None:
    checked = check_folder(make_folder(), {"alpha-sub": account("alpha-sub", "text", "image")})
    assert [(f.rule, f.where, f.line) for f in checked.findings] == [("account_content", "accounts.csv", 2)]
    assert "image, text" in checked.findings[0].remedy[1]


def test_an_audience_a_route_cannot_take_is_blocked(make_folder: MakeFolder) -> None:
    yaml = "name: x\nkind: articles\narticles: [articles/1.md]\naccounts: accounts.csv\naudience: {tag: 会员}\n"
    checked = check_folder(make_folder({"campaign.yaml": yaml}), {"alpha-sub": account("alpha-sub", "articles")})
    assert [(f.rule, f.where, f.line) for f in checked.findings] == [("audience_form", "campaign.yaml: audience", 5)]


def test_an_account_key_with_a_slip_names_the_nearest_account(make_folder: MakeFolder) -> None:
    checked = check_folder(make_folder({"accounts.csv": "key\nalpha-sup\n"}), {"alpha-sub": account("alpha-sub", "articles")})
    assert "did you mean alpha-sub?" in checked.findings[0].remedy[1]


def test_articles_of_one_folder_are_compared_with_each_other(make_folder: MakeFolder) -> None:
    yaml = "name: x\nkind: articles\narticles: [articles/1.md, articles/2.md]\naccounts: accounts.csv\n"
    text = f"---\ntitle: 标题\ncover: images/cover.jpg\n---\n{COFFEE}"
    checked = check_folder(make_folder({"campaign.yaml": yaml, "articles/1.md": text, "articles/2.md": text}))
    assert [(f.rule, f.where) for f in checked.findings] == [("near_copy", "articles/2.md")]
    assert "articles/1.md" in checked.findings[0].message[1]


def test_articles_sent_before_are_compared_with(make_folder: MakeFolder) -> None:
    root = make_folder({"articles/1.md": f"---\ntitle: 标题\ncover: images/cover.jpg\n---\n{COFFEE}"})
    checked = check_folder(root, None, [("去年的豆子", fingerprint(COFFEE))])
    assert [(f.rule, f.severity) for f in checked.findings] == [("near_copy", "warn")]
    assert "去年的豆子" in checked.findings[0].message[0]
    assert checked.fingerprints["articles/1.md"] == fingerprint(COFFEE)


def test_a_copy_next_door_is_only_a_note_for_the_folder_that_does_not_point_there(broken: Path) -> None:
    checked = check_folder(broken.parent / "spring")
    assert [(f.rule, f.severity) for f in checked.findings] == [("near_copy", "note")]


def test_the_same_fault_of_several_accounts_is_told_once_with_their_names(make_folder: MakeFolder) -> None:
    rules = (ContentRule("author_chars", 2),)
    known = {key: account(key, "articles", rules=rules) for key in ("a", "b")} | {"c": account("c", "articles")}
    checked = check_folder(make_folder({"accounts.csv": "key\na\nb\nc\n"}), known)
    assert [f.message[1] for f in checked.findings] == ["the author has 4 characters, 2 too many (at most 2) (a, b)"]
