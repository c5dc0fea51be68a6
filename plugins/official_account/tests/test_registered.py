"""Whether an account has the template of a message, asked of the platform once and said by field."""

from dataclasses import replace

import pytest

from qunfa_official_account import plugin
from saas.channels import Limits, Message, NotSent

OWN = {"Tm-booking-0001": ["thing1", "time2", "character_string3"], "Tm-arrival-0002": ["thing1", "phrase9"]}


def with_id(template, id):
    return replace(template, template=replace(template.template, id=id))


async def told(stage, message):
    found = await plugin.examine(stage.account, message, stage.line)
    return [(f.rule, f.severity, f.where) for f in found if f.severity != "note"]


@pytest.mark.parametrize("kind", ["template", "notice"])
async def test_a_template_the_account_lacks_and_fields_that_do_not_fit_are_named(rehearse, template, kind):
    async with rehearse(kind="service", templates=OWN) as stage:
        message = replace(template, kind=kind)
        assert await told(stage, message) == []
        assert await told(stage, with_id(message, "Tm-none")) == [("template_unknown", "block", "template.id")]
        assert await told(stage, with_id(message, "Tm-arrival-0002")) == [
            ("template_place", "block", "template.data.phrase9"),
            ("template_place", "warn", "template.data.time2"),
            ("template_place", "warn", "template.data.character_string3"),
        ]
        assert stage.server.stage.effects == []


async def test_what_fits_is_asked_once_and_what_does_not_is_asked_anew(rehearse, template):
    async with rehearse(kind="service", templates=OWN) as stage:
        assert await told(stage, template) == []
        stage.fault("http", "get_all_private_template", "502", times=0)
        assert await told(stage, template) == []
        with pytest.raises(NotSent):
            await told(stage, with_id(template, "Tm-new"))
        stage.stage.faults.clear()
        stage.patch(templates={**OWN, "Tm-new": ["thing1", "time2", "character_string3"]})
        assert await told(stage, with_id(template, "Tm-new")) == []


async def test_a_refusal_of_the_list_says_nothing_and_of_a_value_too_long_nobody_is_asked(rehearse, template):
    async with rehearse(kind="service", templates=OWN) as stage:
        stage.fault("error", "get_all_private_template", "48001", times=0)
        with pytest.raises(NotSent):
            await told(stage, template)
        long = replace(template, template=replace(template.template, data={**template.template.data, "thing1": "字" * 21}))
        assert await told(stage, long) == []
        found = plugin.check(stage.account, long, Limits())
        assert [finding.where for finding in found if finding.severity == "block"] == ["template.data.thing1"]
        assert await told(stage, Message("text", text="早")) == []
        stage.fault("error", "newtmpl/gettemplate", "48001", times=0)
        notice = replace(template, kind="notice")
        with pytest.raises(NotSent):
            await told(stage, notice)
        assert [finding.rule for finding in plugin.check(stage.account, notice, Limits())] == ["template_use", "notice_use"]


async def test_the_platform_refuses_what_the_account_has_not_registered(rehearse, to_one, template):
    async with rehearse(kind="service", templates=OWN) as stage:
        for id, code in (("Tm-none", "40037"), ("Tm-arrival-0002", "47003")):
            assert (await stage.send(with_id(template, id), to_one(1, item="疫苗"))).code == code
