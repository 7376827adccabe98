"""Greetings and thanks around a request: they say nothing about what is wanted."""

from __future__ import annotations

import re

_END = r"(?:[\s,.!?;:~，。！？、]+|$)"
_OPENERS = (
    r"(?:hi|hello|hey|hiya|greetings)(?: (?:there|all|everyone|team|guys|again))?",
    r"good (?:morning|afternoon|evening|day)(?: (?:all|everyone|team))?",
    r"dear (?:sir|madam|sir or madam|team|all|support|customer (?:service|support))",
    r"(?:i )?hope (?:you(?:'re| are)|this finds you|all is) (?:doing )?(?:well|good|fine)",
    r"(?:i(?:'m| am) )?sorry (?:to|for) (?:bother|disturb|both?ering|disturbing|trouble)(?:ing)? you",
    r"(?:just )?(?:a )?quick question(?: please)?",
    r"(?:can|could|would|will) (?:you|someone|anyone) (?:please )?(?:help|assist)(?: me)?(?: out)?(?: please)?"
    r"(?=\s*[,.!?:;]|\s*$)",
    r"(?:i )?(?:need|want) (?:some |your )?help(?: please)?(?= *[,.!:])",
    r"(?:if you (?:don't|do not) mind|when you have a (?:moment|minute))",
    r"please",
    r"(?:你好|您好|早上好|下午好|晚上好|大家好)(?:呀|啊)?",
    r"(?:不好意思|打扰(?:一)?下?了?|请问(?:一下)?|麻烦(?:问|您|你)?(?:一下)?|想(?:要)?咨询一下)",
)
_CLOSERS = (
    r"(?:please and )?(?:many |kind )?thank(?:s| you| u)(?: (?:so|very) much| a lot| you| again)?(?: in advance)?"
    r"(?: for (?:your|any|the) (?:kind )?(?:help|assistance|time|support))?",
    r"(?:many )?thanks(?: a (?:lot|million|bunch)| so much| in advance)?"
    r"(?: for (?:your|any|the) (?:kind )?(?:help|assistance|time|support))?",
    r"thx|ty|tia|cheers(?: (?:mate|guys|all))?",
    r"(?:i )?(?:would|'d|i'd) (?:really |greatly |much )?(?:appreciate|be grateful for) (?:your|any|the|some) help",
    r"(?:much|greatly) appreciated",
    r"(?:and )?have a (?:nice|good|great|lovely) (?:day|evening|weekend|one)",
    r"(?:kind|best|warm) regards|regards|sincerely",
    r"please",
    r"(?:非常)?(?:感谢|谢谢)(?:您|你|了|啦)?(?:的帮助)?",
    r"麻烦(?:您|你)?了",
)
_FRONT = re.compile(rf"^\s*(?:{'|'.join(_OPENERS)})(?:\b|(?<=[\u4e00-\u9fff])){_END}?", re.IGNORECASE)
_BACK = re.compile(rf"(?:^|[\s,.!?;:，。！？、]+)(?:{'|'.join(_CLOSERS)})[\s,.!?;:~，。！？]*$", re.IGNORECASE)
_ASKS = re.compile(r"[?？]")


def drop_politeness(text: str) -> str:
    """The text without greetings in front and thanks behind; one that is nothing else stays as it is."""
    left = text
    while (shorter := _FRONT.sub("", left, count=1)) != left:
        left = shorter
    while (shorter := _drop_back(left)) != left:
        left = shorter
    return left if any(letter.isalnum() for letter in left) else text


def _drop_back(text: str) -> str:
    found = _BACK.search(text)
    if found is None:
        return text
    # The mark of a question belongs to what is asked, not to the thanks behind it.
    return text[: found.start()] + ("?" if _ASKS.search(found.group()) else "")
