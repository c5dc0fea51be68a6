"""How comparisons of variants look in the API."""

from __future__ import annotations

from marshmallow import fields

from saas.web.api.fields import Strict, Words


class VariantItem(Strict):
    """A variant: ``top`` people out of ``base``, null where not every send has its number; rates 0..1."""

    label = fields.String()
    campaign = fields.Integer()
    name = fields.String()
    title = fields.String()
    sends = fields.Integer()
    known = fields.Integer()
    top = fields.Integer(allow_none=True)
    base = fields.Integer(allow_none=True)
    rate = fields.Float(allow_none=True)
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    sources = fields.List(fields.String())
    as_of = fields.String()


class PairItem(Strict):
    """Two variants compared: the first less the second with its 95 % interval; ``p`` by ``test``, after Holm."""

    first = fields.String()
    second = fields.String()
    difference = fields.Float()
    low = fields.Float()
    high = fields.Float()
    p = fields.Float()
    test = fields.String()
    smallest_seen = fields.Float()


class _Experiment(Strict):
    """An experiment as it stands now; ``winner`` is empty but for the verdict of that name."""

    id = fields.Integer()
    client = fields.String()
    name = fields.String()
    hypothesis = fields.String()
    figure = fields.String()
    by = fields.String()
    at = fields.String()
    variants = fields.List(fields.Nested(VariantItem))
    verdict = fields.String()
    winner = fields.String()
    pairs = fields.List(fields.Nested(PairItem))


class ExperimentInReport(_Experiment):
    """In a report, whose sentences are in one language already."""

    conclusion = fields.String()
    caveats = fields.List(fields.String())


class ExperimentItem(_Experiment):
    """By itself."""

    conclusion = Words()
    caveats = fields.List(Words())
