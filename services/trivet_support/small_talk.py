"""Greetings, thanks and the like, which want nothing of a service that was not taught them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PHRASES = (
    r"hi|hiya|hello|hey|heya|howdy|yo|greetings|good (?:morning|afternoon|evening|day|night)|how are you(?: doing)?"
    r"|how is it going|how's it going|what's up|whats up|sup|nice to meet you|how do you do"
    r"|thanks|thank you|thank u|thx|ty|cheers|much appreciated|appreciate it|many thanks|that helped"
    r"|bye|goodbye|good bye|see you|see ya|take care|have a (?:nice|good|great) (?:day|one|evening|weekend)"
    r"|ok|okay|great|perfect|cool|nice|awesome|lol|haha+|you're welcome|no problem"
)
# What may stand beside them.
_BESIDE = (
    r"there|all|everyone|team|bot|friend|sir|madam|again|so much|very much|a lot|for (?:the|your|all the|all your) help"
    r"|for everything|you|today|now|then|much|really|and|to you|too|indeed|my|guys|folks|later|soon|very|for that"
)
_EASTERN = (
    "你好|您好|妳好|哈喽|哈囉|嗨|喂|大家好|早上好|上午好|下午好|晚上好|早安|晚安|早|在吗|在嗎|你在吗|谢谢|謝謝|多谢|多謝|感谢|感謝"
    "|非常感谢|谢了|辛苦了|再见|再見|拜拜|回头见|好的|好|嗯|哦|行|没事|不客气|哈哈+|你好吗|吃了吗"
)
_EASTERN_BESIDE = "啊|呀|哦|了|啦|您|你|们|大家|客服|亲|吗|很|非常|的帮助|你的帮助|您的帮助"
_LATIN = re.compile(rf"(?=.*\b(?:{_PHRASES})\b)(?:\b(?:{_PHRASES}|{_BESIDE})\b\W*)+")
_HAN = re.compile(rf"(?:{_EASTERN})(?:\W*(?:{_EASTERN}|{_EASTERN_BESIDE}))*\W*")
_LONGEST = 80

# An intent of such a name has taught the model what it does with small talk.
_TAUGHT = re.compile(
    r"(?:^|[^a-z])(?:greet|greetings?|hello|hi|good_?bye|bye|thanks?|thank_you|thankyou|small_?talk|chit_?chat)(?:[^a-z]|$)"
    "|问候|打招呼|你好|感谢|谢谢|再见|闲聊"
)


def is_small_talk(text: str) -> bool:
    """Whether a message is nothing but small talk, in English or Chinese."""
    plain = text.strip().casefold().replace("\u2019", "'")
    if not plain or len(plain) > _LONGEST:
        return False
    # Marks and emoji in front are no words.
    plain = re.sub(r"^[^\w]+", "", plain)
    return bool(_LATIN.fullmatch(plain) or _HAN.fullmatch(plain))


def knows_small_talk(intents: Iterable[str]) -> bool:
    """Whether one of the intents is a kind of small talk by its name."""
    return any(_TAUGHT.search(name.casefold()) for name in intents)
