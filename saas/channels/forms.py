"""What may be entered in a field of an account or of a portal. The core asks here wherever somebody enters one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from saas.channels.channel import Field, Form, Text

YES_NO = Form(r"(?i:yes|no|true|false|on|off|1|0|是|否)", Text("填 yes 或 no", "enter yes or no"))
WHOLE_NUMBER = Form(r"[1-9][0-9]{0,8}", Text("填正整数", "enter a whole number above zero"))
NOT_NEGATIVE = Form(r"[0-9]{1,5}(\.[0-9]{1,3})?", Text("填不小于 0 的数字，如 0.5", "enter a number not below 0, such as 0.5"))
WEB_ADDRESS = Form(r"https?://[^\s/?#]+\S*", Text("填以 https:// 开头的地址", "enter an address that begins with https://"))


def fault_of(field: Field, value: object) -> Text | None:
    """What should have been entered instead of ``value``; None when it may be. Nothing entered is never a fault."""
    if not isinstance(value, str | int | float):
        return Text("填文字，不是列表或对象", "enter text, no list or object")
    written = str(value).strip()
    if not written:
        return None
    if "\0" in written:
        return Text("不能含控制字符", "control characters cannot be in it")
    if field.choices and written not in field.choices:
        return Text(f"只能填 {'、'.join(field.choices)} 之一", f"enter one of {', '.join(field.choices)}")
    return field.form.words if field.form and not re.fullmatch(field.form.pattern, written) else None


def ill_declared(fields: Sequence[Field]) -> str:
    """What is wrong with the fields of an account kind or a portal, for their author; "" when nothing is."""
    names = [field.name for field in fields]
    for field in fields:
        if names.count(field.name) > 1:
            return f"two fields are called '{field.name}'"
        try:
            re.compile(field.form.pattern if field.form else "")
        except re.error as error:
            return f"the form of its field '{field.name}' is no regular expression: {error}"
        if fault := fault_of(field, field.default):
            return f"the default of its field '{field.name}' could not be entered: {fault.en}"
    return ""
