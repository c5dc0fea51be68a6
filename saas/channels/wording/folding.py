"""One form for each letter: half width, lower case, simplified, and what only looks like a letter as that letter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

import opencc

_HAN = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x2A6E0))
_FORMS = (
    range(0x80, 0x3400),
    range(0xA000, 0xD800),
    range(0xF900, 0x10000),
    range(0x1D400, 0x1D800),
    range(0x1F100, 0x1F200),
    range(0x2F800, 0x2FA20),
)
"""Where Unicode keeps compatibility forms."""
LOOK_ALIKES = (
    "аa еe оo рp сc хx уy кk мm тt нh вb іi ѕs ԁd ѵv αa οo ρp νv τt κk ιi "  # Cyrillic and Greek letters
    "囯国 囻国 囶国 圀国 冣最 朂最 蕞最 嘬最 苐第 弌一 壹一 弍二 贰二 弎三 叁三 〇零 厷公 迗天 兲天 莪我 沵你 菿到 淂得 "
    "咊和 冄日 囍喜 嬡爱 嗳爱 镹九 镸长 闗关 紸注 註注 紅红 蔠终 鏠缝 囙因 劵券 奨奖 奬奖 瓒赞 讃赞 掵命 "
    "ニ二 ハ八 ロ口 エ工 カ力 タ夕 ト卜 ミ三 亾亡 亽人 彡三 亖四 囜国 轉转 転转 发发 發发 髮发 疒病 癒愈 瘉愈 効效 傚效"
)
"""Pairs: what is written, and what it is read as."""
SPELLED = {
    "转发": "zhuan fa 砖发 赚发 转罚 转伐 转発",
    "分享": "fen xiang 分亨 分想 份享",
    "关注": "guan zhu 官注 观注 关住我 关柱",
    "抽奖": "chou jiang 抽蒋 抽讲 抽浆 臭奖 筹奖",
    "集赞": "ji zan 集攒 集暂 集瓒 级赞",
    "点赞": "dian zan 点攒 点暂 点瓒",
    "红包": "hong bao 洪包 宏包 红苞 红饱",
    "免费": "mian fei 免废 免沸 冕费",
    "领取": "ling qu 領取 令取",
    "微信": "wei xin 薇信 溦信 徽信 微亻言 v信",
    "朋友圈": "peng you quan 朋友圏 友友圈",
    "邀请": "yao qing 邀青",
    "礼品": "li pin 礼晶",
    "低价": "di jia 亻氐价 氐价",
    "最低": "zui di 最亻氐 罪低 嘴低 醉低",
    "最佳": "zui jia 最亻圭 罪佳",
    "最高": "zui gao 罪高级 嘴高级",
    "最好": "zui hao 罪好 嘴好",
    "治疗": "zhi liao 治料 冶疗",
    "根治": "gen zhi 根冶 跟治",
    "治愈": "zhi yu 冶愈",
    "保本": "bao ben 保夲 保苯",
    "稳赚": "wen zhuan 稳嫌 稳砖",
    "美白": "mei bai 美皕",
    "减肥": "jian fei 减月巴 减腓",
}
"""Core words: their syllables (``zhuan发``, ``转 fa`` and ``zhuanfa`` are read as the word too), and how they are misspelt on
purpose. Only what is no word by itself."""


@cache
def folds() -> dict[str, str]:
    """One character for one, for every character that is not in its plain form already."""
    table = dict(_upper_case())
    table.update((char, plain) for char, plain in _compatible() if len(plain) == 1)
    table.update(_simplified())
    for pair in LOOK_ALIKES.split():
        table[pair[0]] = table.get(pair[1], pair[1])
    return {char: plain for char, plain in table.items() if char != plain}


@cache
def expansions() -> dict[str, str]:
    """Characters of the basic plane that stand for none or several plain ones."""
    return {
        char: "".join(folds().get(c, c) for c in plain) for char, plain in _compatible() if len(plain) != 1 and char <= "\uffff"
    }


def _upper_case() -> Iterator[tuple[str, str]]:
    return ((chr(code), chr(code + 32)) for code in range(65, 91))


def _compatible() -> Iterator[tuple[str, str]]:
    for block in _FORMS:
        for code in block:
            char = chr(code)
            plain = unicodedata.normalize("NFKC", char).lower()
            if plain != char:
                yield char, plain


def _simplified() -> dict[str, str]:
    """Traditional characters, one by one: a word's own form may differ, but places stay where they are."""
    chars = [chr(code) for block in _HAN for code in block]
    plain = opencc.OpenCC("t2s").convert("\n".join(chars)).split("\n")
    return {old: new for old, new in zip(chars, plain, strict=True) if old != new and len(new) == 1}


@cache
def _simple() -> dict[int, str]:
    return {ord(old): new for old, new in _simplified().items()}


def simplified(text: str) -> str:
    """The text with traditional characters turned into simplified ones, one by one."""
    return text.translate(_simple())


@cache
def _table() -> dict[int, str]:
    return {ord(char): plain for char, plain in folds().items()}


def fold(text: str) -> str:
    """The text of the same length in plain forms; what expands is left for ``expansions``."""
    return text.translate(_table())


@cache
def spellings() -> dict[str, str]:
    """Every misspelling of a core word → the word."""
    found: dict[str, str] = {}
    for word, ways in SPELLED.items():
        syllables, others = ways.split()[: len(word)], ways.split()[len(word) :]
        found |= dict.fromkeys(others, word)
        for at, syllable in enumerate(syllables):
            found[word[:at] + syllable + word[at + 1 :]] = word
            found[" ".join(part for part in (word[:at], syllable, word[at + 1 :]) if part)] = word
        found["".join(syllables)] = word
    return found
