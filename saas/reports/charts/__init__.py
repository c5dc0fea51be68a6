"""Charts: one function a figure, values in, SVG out; the same picture in a page and on paper.

Presentation attributes carry the colours of paper; classes let a page's style replace them, in the dark too. Nothing needs a
script or a style attribute. A missing value is a gap, never a zero.
"""

from saas.reports.charts.bars import bars, stacked
from saas.reports.charts.heat import heat
from saas.reports.charts.line import columns, line
from saas.reports.charts.marks import Chart, Series

__all__ = ["Chart", "Series", "bars", "columns", "heat", "line", "stacked"]
