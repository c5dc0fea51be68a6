"""Campaign folders made on the spot: what writers bring, sound and broken."""

from __future__ import annotations

import io
import random
import string
from functools import cache
from pathlib import Path

from PIL import Image

from tests.content.conftest import photo, png_bomb

ACCOUNTS = (Path(__file__).resolve().parents[2] / "saas/ops/demo/accounts.csv").read_text(encoding="utf-8-sig").splitlines()
ALL = tuple(line.split(",")[0] for line in ACCOUNTS[1:])
TITLES = ("第一批新豆到店", "猫咪体检的五个误会", "周末来看春天的星空")
TEMPLATE = """name: 预约提醒
kind: template
marketing: false
template:
  id: Tm-booking-0001
  url: https://www.example.com/booking/{order}
  data: {thing1: "{item}", time2: "{time}", character_string3: "{order}"}
accounts: accounts.csv
recipients: recipients.csv
schedule: now
max_lateness: 30m
"""


class Writer:
    """Writes one campaign folder after another below a place."""

    def __init__(self, place: Path) -> None:
        self._place, self._count = place, 0

    def write(self, files: dict[str, str | bytes], accounts: tuple[str, ...] = ALL) -> Path:
        """A folder with these files and the list of these accounts, as spreadsheet programs write it."""
        self._count += 1
        folder = self._place / f"folder {self._count}"
        lines = [ACCOUNTS[0], *(line for line in ACCOUNTS[1:] if line.split(",")[0] in accounts)]
        for name, content in {"accounts.csv": "\ufeff" + "\r\n".join(lines) + "\r\n", **files}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    def spring(self, accounts: tuple[str, ...] = ALL, word: str = "") -> Path:
        """Three articles with pictures that all need fitting, for every channel."""
        files: dict[str, str | bytes] = {f"articles/{n}.md": _article(n, word) for n in (1, 2, 3)}
        return self.write({"campaign.yaml": _yaml("articles", word), **files, **pictures()}, accounts)

    def text(self, accounts: tuple[str, ...], word: str = "") -> Path:
        """A few words."""
        return self.write(
            {"campaign.yaml": f"name: 一句话{word}\nkind: text\ntext: 明天下午三点开门{word}。\naccounts: accounts.csv\n"},
            accounts,
        )

    def notice(self, people: int, account: str = "miaoyu-svc", first: int = 0) -> Path:
        """A template message to so many followers, fields from a list."""
        lines = [f"{openid(n)},A{n:06d},2026-04-{n % 28 + 1:02d} 09:30,疫苗加强" for n in range(first, first + people)]
        listed = "\ufeff" + "\r\n".join(["openid,order,time,item", *lines]) + "\r\n"
        return self.write({"campaign.yaml": TEMPLATE, "recipients.csv": listed}, (account,))

    def broken(self) -> Path:
        """Many things wrong at once, one of each kind."""
        articles = {
            "articles/1.md": f"---\ntitle: {'长' * 65}\ncover: images/cover1.jpg\n---\n\n转发抽奖，全网最低价\n",
            "articles/2.md": "---\ntitle: 链接\ncover: images/fake.jpg\n---\n\n[内网](http://192.168.1.1/x) ![](images/no.jpg)\n",
            "articles/3.md": "---\nauthor: 没有标题\ncover: images/cut.jpg\n---\n\n<script>alert(1)</script>\n",
            "articles/4.md": f"---\ntitle: 太长\ncover: images/bomb.png\n---\n\n{'字' * 20001}\n",
        }
        listed = ", ".join([*articles, *(f"{letter}.md" for letter in "abcde")])
        yaml = f"name: 样样都不对\nkind: articles\narticles: [{listed}]\naccounts: accounts.csv\n"
        yaml += "schedule: 2026-02-30T25:00:00\ncolour: red\n"
        pictures = {"images/fake.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "images/cut.jpg": photo()[:900]}
        made = {**pictures, "images/cover1.jpg": photo(width=900, height=500), "images/bomb.png": png_bomb(30000)}
        accounts = "\r\n".join([*ACCOUNTS[:2], ACCOUNTS[1], "nobody,无,official_account,service,无,1"])
        return self.write({"campaign.yaml": yaml, **articles, **made, "accounts.csv": accounts})


def openid(number: int) -> str:
    """The n-th follower of a list, 28 characters, always the same."""
    return "o" + "".join(random.Random(number).choices(string.ascii_letters + string.digits, k=27))


@cache
def pictures() -> dict[str, bytes]:
    """One over 2 MB and over 3 000 px wide, one turned by its EXIF note, a PNG, a GIF, and covers."""
    turned = Image.Exif()
    turned[0x0112] = 6
    noise = Image.effect_noise((3200, 2200), 90).convert("RGB")
    stream = io.BytesIO()
    noise.save(stream, "JPEG", quality=88)
    assert len(stream.getvalue()) > 2 * 1024 * 1024
    return {
        "images/big.jpg": stream.getvalue(),
        "images/turned.jpg": photo(width=1200, height=800, exif=turned),
        "images/plain.png": photo("PNG", width=700, height=500),
        "images/small.gif": photo("GIF", width=300, height=200),
        **{f"images/cover{n}.jpg": photo(width=1000, height=600, seed=n) for n in (1, 2, 3)},
    }


def _article(number: int, word: str) -> str:
    shown = {1: ("big.jpg", "turned.jpg"), 2: ("plain.png",), 3: ("small.gif",)}[number]
    pictures = "\n\n".join(f"![图](images/{name})" for name in shown)
    body = "".join(random.Random(f"{number}{word}").choices([chr(c) for c in range(0x4E00, 0x5E00)], k=240))
    head = f"title: {TITLES[number - 1]}{word}\nauthor: 编辑部\ndigest: 摘要\ncover: images/cover{number}.jpg"
    return f"---\n{head}\n---\n\n## 小标题\n\n{body}\n\n> 引用\n\n| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n\n{pictures}\n"


def _yaml(kind: str, word: str) -> str:
    return f"""name: 春季联合推送{word}
kind: {kind}
articles: [articles/1.md, articles/2.md, articles/3.md]
text: 春分之后的三件小事{word}。
link: {{title: 三件小事, description: 一杯咖啡, url: "https://www.example.com/spring", image: images/cover1.jpg}}
accounts: accounts.csv
audience: all
schedule: now
max_lateness: 2h
"""
