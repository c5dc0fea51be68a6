"""What a schema refuses is said in both languages, whatever rule it breaks."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from saas.web.invalid import invalid_input

RULES: list[tuple[Any, Any]] = [
    (fields.Integer(), "x"),
    (fields.Float(), "x"),
    (fields.Boolean(), "maybe"),
    (fields.String(), 3),
    (fields.List(fields.String()), "x"),
    (fields.Dict(), "x"),
    (fields.AwareDateTime(), "soon"),
    (fields.AwareDateTime(), "2026-01-01T00:00:00"),
    (fields.Date(), "soon"),
    (fields.UUID(), "x"),
    (fields.Url(), "x"),
    (fields.Email(), "x"),
    (fields.String(allow_none=False), None),
    (fields.String(validate=validate.OneOf(["a", "b"])), "c"),
    (fields.String(validate=validate.Length(2, 4)), "x"),
    (fields.String(validate=validate.Length(min=2)), "x"),
    (fields.String(validate=validate.Length(max=2)), "xxx"),
    (fields.String(validate=validate.Length(equal=2)), "xxx"),
    (fields.Integer(validate=validate.Range(1, 5)), 9),
    (fields.Integer(validate=validate.Range(min=1)), 0),
    (fields.Integer(validate=validate.Range(max=5)), 9),
    (fields.Integer(validate=validate.Range(min=1, min_inclusive=False)), 1),
    (fields.String(validate=validate.Regexp("a")), "b"),
    (fields.String(validate=validate.Equal("a")), "b"),
]


@pytest.mark.parametrize(("rule", "value"), RULES)
def test_a_refused_value_is_said_in_chinese_without_a_word_of_english(rule: Any, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Schema.from_dict({"x": rule})().load({"x": value})
    message = invalid_input({"json": refused.value.messages}).message
    assert "不符合要求（" not in message[0]
    assert message[0].startswith("x：") and message[1].startswith("x: ")


def test_a_missing_and_an_unknown_field_are_said_in_chinese() -> None:
    with pytest.raises(ValidationError) as refused:
        Schema.from_dict({"x": fields.Integer(required=True)})().load({"y": 1})
    told = invalid_input({"json": refused.value.messages}).detail["fields"]
    assert sorted((one["field"], one["message"][0]) for one in told) == [("x", "必填"), ("y", "没有这个字段")]
