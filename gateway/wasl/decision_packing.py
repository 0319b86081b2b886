"""Decision records of many ways and rules, made small: a thousand bytes are too many to keep for each message.

Most records are short, and stay JSON that anybody can read in the table. A long one says the same words for each way, so it is deflated,
with a dictionary of what such records say; that takes some 50 µs. Both are on disk: change neither the dictionary nor the prefix.
"""

import base64
import zlib

_PREFIX = "z1"
_LONGEST = 900  # bytes of a record that stays as it is
_RAW = -15  # deflate without header and checksum (RFC 1951)
_DICTIONARY = (
    '"resting","provider_paused","provider_failing","rate_limited","suppressed_bounce","suppressed_unsubscribe","suppressed_complaint",'
    '"opted_out","consent_missing",["bu","a",".budgets.",{"bu":"","am":"","cy":"SAR","sp":"0.00","re":"@17","America/New_York",'
    '"Europe/London","Asia/Dubai","zo":"country","zo":"number","zo":"brand","zs":"UTC",{"ho":"any"}]["q","a",".category transactional",'
    '"transactional","service","otp","no_address","channel_disabled","el":true}],"xm":true}],[2,"",17,[["sms","+9665•••••",1,[["e","a","x",'
    '{"x":"@17"}],["n","a","a",{}],["d","a","f",{}],["p","a","p",{"v":true,"k":"promotional"}],["s","a","s",{"l":false}],["c","a",'
    '".consent con_064bf5",{"u":"implied","u":"opt_in","sa":"granted","o":"con_064bf5","t":"","h":"sms"}],["q","d",'
    '".calendars/sa.toml text (checked 2026-",{"co":"SA","z":"Asia/Riyadh","zo":"recipient","cl":"@17","lo":"2026-T00:00:00",'
    '"wi":"08:00-21:00","op":"@17","x":"@17","ji":1},"quiet_hours",17000000],["f","d",".wasl.toml:caps.",{"b":"day","li":1,"w":"1d","w":"7d",'
    '"w":"30d","ct":0,"rs":0,"i":"@17","ov":"defer","fr":"@17","ji":1},"frequency_cap",17]],["push"]],["email","a•••@e•••.com",0,[0,0,0,'
    '["p","a","e",{"v":true,"k":"promotional"}],0,["c","a",'
).encode()


def shrunk(record: bytes) -> str:
    """A record as it is stored; `record` is JSON."""
    if len(record) <= _LONGEST:
        return record.decode()
    packing = zlib.compressobj(method=zlib.DEFLATED, wbits=_RAW, zdict=_DICTIONARY)
    return _PREFIX + base64.b64encode(packing.compress(record) + packing.flush()).decode()


def whole(stored: str) -> str:
    """A stored record as JSON."""
    if not stored.startswith(_PREFIX):
        return stored
    return zlib.decompressobj(wbits=_RAW, zdict=_DICTIONARY).decompress(base64.b64decode(stored[len(_PREFIX) :])).decode()
