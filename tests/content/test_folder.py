"""Reading campaign folders: every fault in one run, each with its place, and nothing outside the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from saas.content.draft import CampaignDraft
from saas.content.folder import FolderReading, read_folder
from saas.content.lists import iter_recipients

MakeFolder = Callable[..., Path]
HEAD = "name: 春季\nkind: articles\narticles: [articles/1.md]\naccounts: accounts.csv\n"


def rules(reading: FolderReading) -> list[tuple[str, str, int]]:
    return [(f.rule, f.where, f.line) for f in reading.findings]


def test_a_sound_folder_has_no_findings_and_survives_json(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder())
    assert reading.findings == []
    assert reading.campaign is not None
    assert reading.campaign.accounts == ("alpha-sub",)
    assert reading.campaign.articles[0].title == "第一批豆子到店"
    assert reading.campaign.articles[0].pictures == {"images/cup.jpg": "images/cup.jpg"}
    assert CampaignDraft.from_json(json.loads(json.dumps(reading.campaign.to_json()))) == reading.campaign


def test_every_fault_of_a_folder_is_found_in_one_run(make_folder: MakeFolder) -> None:
    yaml = (
        "name: 坏的\nkind: articles\narticles: [articles/1.md, a.md, b.md]\naccounts: accounts.csv\n"
        "schedule: 2026-02-30T25:00:00\nmax_lateness: soon\ncolour: red\naudiense: all\n"
    )
    article = "---\nauthor: 甲\ncover: ../elsewhere/c.jpg\n---\n正文\n\n![](images/none.jpg)\n"
    reading = read_folder(make_folder({"campaign.yaml": yaml, "articles/1.md": article, "accounts.csv": "key\nx\nx\n\n"}))
    assert rules(reading) == [
        ("file_missing", "campaign.yaml: articles", 3),
        ("file_missing", "campaign.yaml: articles", 3),
        ("schedule", "campaign.yaml: schedule", 5),
        ("max_lateness", "campaign.yaml: max_lateness", 6),
        ("unknown_key", "campaign.yaml: colour", 7),
        ("unknown_key", "campaign.yaml: audiense", 8),
        ("account_doubled", "accounts.csv", 3),
        ("title_missing", "articles/1.md: title", 1),
        ("path_leaves_folder", "articles/1.md: cover", 3),
        ("file_missing", "articles/1.md", 7),
    ]
    assert all(f.message[0] and f.message[1] and f.remedy[0] and f.remedy[1] for f in reading.findings)


def test_a_control_character_is_a_fault_of_its_line_and_reaches_nothing(make_folder: MakeFolder) -> None:
    yaml = 'name: "春\\0季"\nkind: text\ntext: "一\\a二"\naccounts: accounts.csv\n'
    reading = read_folder(make_folder({"campaign.yaml": yaml}))
    assert [(where, line) for _, where, line in rules(reading)][:2] == [("campaign.yaml: name", 1), ("campaign.yaml: text", 3)]
    assert reading.campaign is None or (reading.campaign.name, reading.campaign.text) == ("春季", "一二")


def test_an_impossible_time_names_each_impossible_part(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": HEAD + "schedule: 2026-02-30T25:00:00\n"}))
    assert "2026-02 has 28 days, there is no day 30" in reading.findings[0].message[1]
    assert "there is no hour 25" in reading.findings[0].message[1]


def test_an_unknown_key_names_the_nearest_known_one(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": HEAD + "shedule: now\n"}))
    assert reading.findings[0].rule == "unknown_key"
    assert "schedule?" in reading.findings[0].remedy[1]


def test_a_doubled_key_is_refused_with_both_lines(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": HEAD + "name: 另一个\n"}))
    assert rules(reading) == [("key_doubled", "campaign.yaml: name", 5)]
    assert "line 1" in reading.findings[0].message[1]


def test_schedules_are_read_with_asia_shanghai_as_default_zone(make_folder: MakeFolder) -> None:
    def schedule(text: str, name: str) -> str:
        draft = read_folder(make_folder({"campaign.yaml": HEAD + f"schedule: {text}\n"}, name)).campaign
        assert draft is not None
        return draft.schedule.at or draft.schedule.form

    assert schedule("2026-03-01T19:30", "a") == "2026-03-01T19:30:00+08:00"
    assert schedule("2026-03-01 19:30:05", "b") == "2026-03-01T19:30:05+08:00"
    assert schedule("2026-03-01T19:30Z", "c") == "2026-03-01T19:30:00+00:00"
    assert schedule("best", "d") == "best"
    assert schedule("now", "e") == "now"


@pytest.mark.parametrize(("written", "seconds"), [("30m", 1800), ("2h", 7200), ("1d", 86400), ("90s", 90), ("2小时", 7200)])
def test_lateness_is_read_in_seconds(make_folder: MakeFolder, written: str, seconds: int) -> None:
    draft = read_folder(make_folder({"campaign.yaml": HEAD + f"max_lateness: {written}\n"})).campaign
    assert draft is not None
    assert draft.max_lateness == seconds


def test_a_bom_and_windows_line_ends_are_accepted(make_folder: MakeFolder) -> None:
    yaml = ("\ufeff" + HEAD).replace("\n", "\r\n")
    article = "\ufeff---\r\ntitle: 标题\r\ncover: images/cover.jpg\r\n---\r\n正文\r\n"
    reading = read_folder(make_folder({"campaign.yaml": yaml, "articles/1.md": article}))
    assert reading.findings == []
    assert reading.campaign is not None
    assert reading.campaign.articles[0].line == 5


def test_another_encoding_is_named(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"articles/1.md": "---\ntitle: 标题\n---\n正文".encode("gbk")}))
    assert rules(reading) == [("encoding", "articles/1.md", 2)]
    assert "GBK" in reading.findings[0].message[0]


def test_utf_16_is_named(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"articles/1.md": "---\ntitle: 标题\n".encode("utf-16")}))
    assert "UTF-16" in reading.findings[0].message[0]


def test_nul_bytes_are_refused_with_their_line(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"articles/1.md": "---\ntitle: 标题\n---\n正\x00文"}))
    assert rules(reading) == [("encoding", "articles/1.md", 4)]


def test_an_alias_bomb_is_refused_before_it_grows(make_folder: MakeFolder) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9))
    reading = read_folder(make_folder({"campaign.yaml": bomb}))
    assert rules(reading) == [("yaml_alias", "campaign.yaml", 2)]
    assert reading.campaign is None


def test_deep_yaml_is_refused(make_folder: MakeFolder) -> None:
    assert rules(read_folder(make_folder({"campaign.yaml": "a: " + "[" * 5000})))[0][0] in ("yaml_depth", "yaml_syntax")


def test_large_yaml_is_refused(make_folder: MakeFolder) -> None:
    assert rules(read_folder(make_folder({"campaign.yaml": "a: b\n" * 60_000})))[0][0] == "yaml_size"


def test_a_yaml_tag_that_would_run_code_is_only_text(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": HEAD.replace("春季", "!!python/object/apply:os.getpid []")}))
    assert reading.blocked


def test_a_syntax_fault_names_its_line(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": 'name: "春\nkind: text\n'}))
    assert rules(reading)[0][0] == "yaml_syntax"
    assert reading.findings[0].line > 0


def test_a_missing_campaign_yaml_is_said(make_folder: MakeFolder) -> None:
    root = make_folder()
    (root / "campaign.yaml").unlink()
    reading = read_folder(root)
    assert rules(reading) == [("file_missing", "campaign.yaml", 0)]
    assert reading.findings[0].remedy == ("在文件夹里放进这个文件", "put this file into the folder")


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert rules(read_folder(tmp_path / "nowhere")) == [("folder_missing", "nowhere", 0)]


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/passwd", "a/../../secret.jpg", "C:\\secret.jpg", "..\\secret.jpg"])
def test_a_path_that_leaves_the_folder_is_blocked(make_folder: MakeFolder, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    article = f"---\ntitle: 标题\ncover: '{path}'\n---\n正文\n"
    reading = read_folder(make_folder({"articles/1.md": article}))
    assert rules(reading) == [("path_leaves_folder", "articles/1.md: cover", 3)]


def test_a_link_out_of_the_folder_is_blocked(make_folder: MakeFolder, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    root = make_folder({"images/cup.jpg": None})
    (root / "images/cup.jpg").symlink_to(tmp_path / "secret.jpg")
    assert rules(read_folder(root)) == [("path_leaves_folder", "articles/1.md", 9)]


def test_a_picture_may_be_named_from_the_article_that_shows_it(make_folder: MakeFolder) -> None:
    article = "---\ntitle: 标题\ncover: ../images/cover.jpg\n---\n正文\n"
    reading = read_folder(make_folder({"articles/1.md": article}))
    assert reading.findings == []
    assert reading.campaign is not None
    assert reading.campaign.articles[0].cover == "images/cover.jpg"


def test_a_misspelt_picture_names_the_one_that_is_there(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"articles/1.md": "---\ntitle: 标题\ncover: images/cover.jpeg\n---\n正文\n"}))
    assert "images/cover.jpg" in reading.findings[0].remedy[1]


def test_rare_characters_emoji_and_right_to_left_text_pass(make_folder: MakeFolder) -> None:
    article = "---\ntitle: 𠮷野家 ☕️👨‍👩‍👧 שלום\ncover: images/cover.jpg\n---\nمرحبا بالعالم 𠮷\n"
    reading = read_folder(make_folder({"articles/1.md": article}))
    assert reading.findings == []
    assert reading.campaign is not None
    assert reading.campaign.articles[0].title == "𠮷野家 ☕️👨‍👩‍👧 שלום"


def test_a_direction_override_is_warned_of(make_folder: MakeFolder) -> None:
    article = "---\ntitle: 标题\ncover: images/cover.jpg\n---\n正\u202e文\n"
    assert [(f.severity, f.rule, f.line) for f in read_folder(make_folder({"articles/1.md": article})).findings] == [
        ("warn", "control_character", 5)
    ]


def test_scripts_and_private_pictures_in_an_article_are_blocked(make_folder: MakeFolder) -> None:
    body = '<script>alert(1)</script>\n\n<b onclick="x()">b</b>\n\n![](http://127.0.0.1/a.png)\n\n![](https://e.com/a.png)\n\n![](data:image/png;base64,x)\n'
    reading = read_folder(make_folder({"articles/1.md": f"---\ntitle: 标题\ncover: images/cover.jpg\n---\n{body}"}))
    assert rules(reading) == [
        ("html_script", "articles/1.md", 5),
        ("html_script", "articles/1.md", 7),
        ("picture_private", "articles/1.md", 9),
        ("picture_foreign", "articles/1.md", 11),
        ("picture_scheme", "articles/1.md", 13),
    ]
    assert reading.blocked


TEMPLATE = (
    "name: 提醒\nkind: template\ntemplate:\n  id: T1\n  url: https://www.example.com/{order}\n  data:\n    a: '{item}'\n"
    "accounts: [alpha]\nrecipients: recipients.csv\n"
)


def test_recipients_are_counted_and_read_lazily(make_folder: MakeFolder) -> None:
    rows = "".join(f"o{i},A{i},豆子\n" for i in range(5000))
    reading = read_folder(make_folder({"campaign.yaml": TEMPLATE, "recipients.csv": "\ufeffopenid,order,item\n" + rows}))
    assert reading.findings == []
    assert reading.campaign is not None
    assert reading.files is not None
    assert reading.campaign.recipient_count == 5000
    assert reading.campaign.audience.form == "ids"
    first = next(iter_recipients(reading.files, reading.campaign))
    assert (first.id, first.fields["item"], first.line) == ("o0", "豆子", 2)


def test_faults_of_recipients_are_found_with_their_lines(make_folder: MakeFolder) -> None:
    rows = "name,order\no1,A1\n,A2\no1,A3\no4\no5,A5,x\n"
    reading = read_folder(make_folder({"campaign.yaml": TEMPLATE, "recipients.csv": rows}))
    assert rules(reading) == [
        ("column_id", "recipients.csv", 1),
        ("column_missing", "recipients.csv", 1),
        ("id_empty", "recipients.csv", 3),
        ("id_doubled", "recipients.csv", 4),
        ("field_empty", "recipients.csv", 5),
        ("row_width", "recipients.csv", 6),
    ]


def test_a_thousand_doubled_ids_are_summed_up(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": TEMPLATE, "recipients.csv": "openid,order,item\n" + "o1,A,b\n" * 1001}))
    assert len(reading.findings) == 21
    assert "980 more lines" in reading.findings[-1].message[1] or any("980 more" in f.message[1] for f in reading.findings)


def test_a_template_without_its_list_is_refused(make_folder: MakeFolder) -> None:
    reading = read_folder(make_folder({"campaign.yaml": TEMPLATE.replace("recipients: recipients.csv\n", "")}))
    assert [r[0] for r in rules(reading)] == ["key_missing"]


def test_a_way_that_is_none_and_a_mini_program_without_its_id_are_faults_of_their_keys(make_folder: MakeFolder) -> None:
    rows = {"recipients.csv": "openid,order,item\no1,A,b\n"}
    wrong = TEMPLATE.replace("  id: T1\n", "  id: T1\n  by: notice\n  mini_program: {path: 'x?{page}', page: y}\n")
    found = [(f.rule, f.where) for f in read_folder(make_folder({"campaign.yaml": wrong, **rows})).findings]
    place = "campaign.yaml: template."
    told = [
        ("template_by", f"{place}by"),
        ("unknown_key", f"{place}mini_program.page"),
        ("mini_program", f"{place}mini_program.appid"),
    ]
    assert sorted(found) == sorted([*told, ("column_missing", "recipients.csv")])


def test_audiences_are_read(make_folder: MakeFolder) -> None:
    def audience(text: str, name: str) -> tuple[str, tuple[str, ...]]:
        draft = read_folder(make_folder({"campaign.yaml": HEAD + f"audience: {text}\n"}, name)).campaign
        assert draft is not None
        return draft.audience.form, draft.audience.ids

    assert audience("all", "a") == ("all", ())
    assert audience("{tag: 会员}", "b") == ("tag", ("会员",))
    assert audience("{ids: [o1, o2, o1]}", "c") == ("ids", ("o1", "o2"))


@pytest.mark.parametrize("text", ["everyone", "{}", "{tag: a, ids: [b]}", "{ids: []}"])
def test_an_audience_that_says_nothing_is_refused(make_folder: MakeFolder, text: str) -> None:
    reading = read_folder(make_folder({"campaign.yaml": HEAD + f"audience: {text}\n"}))
    assert [r[0] for r in rules(reading)] == ["audience"]
