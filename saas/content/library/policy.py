"""What of an article's HTML is kept in the library: what editors for such articles write, and nothing that runs."""

from __future__ import annotations

from saas.content.sanitise import ATTRIBUTES, DEADLY, TAGS, Allowed, style_runs

HTML_TAGS = TAGS | {
    "abbr", "address", "article", "aside", "bdi", "bdo", "big", "center", "cite", "details", "dfn", "font", "footer", "header",
    "label", "main", "nav", "q", "rp", "rt", "ruby", "samp", "strike", "summary", "time", "tt", "var", "wbr",
}  # fmt: skip
SVG_TAGS = {
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "linearGradient",
    "radialGradient", "stop", "clipPath", "mask", "desc",
}  # fmt: skip
SVG_ATTRIBUTES = {
    "viewBox", "xmlns", "version", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "d",
    "points", "fill", "fill-opacity", "fill-rule", "clip-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin",
    "stroke-dasharray", "stroke-opacity", "stroke-miterlimit", "opacity", "transform", "offset", "stop-color", "stop-opacity",
    "gradientUnits", "gradientTransform", "preserveAspectRatio", "text-anchor", "font-size", "font-family", "font-weight", "dx",
    "dy", "id",
}  # fmt: skip
REMOVED_WITH_CONTENT = (DEADLY - {"svg", "math"}) | {"audio", "video", "canvas", "map"}
EVERYWHERE = {"style", "class", "dir", "lang", "align", "valign", "title", "label", "powered-by"}
_SIZED = {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor"}
OWN = {
    **ATTRIBUTES,
    "*": EVERYWHERE,
    "table": _SIZED,
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "td": {"colspan", "rowspan", *_SIZED},
    "th": {"colspan", "rowspan", *_SIZED},
    "tr": {"bgcolor"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "img": {"src", "alt", "width", "height"},
    "a": {"href"},
    **dict.fromkeys(SVG_TAGS, SVG_ATTRIBUTES),
}
PROPERTIES = {
    "align-content", "align-items", "align-self", "background", "background-color", "background-image", "background-position",
    "background-repeat", "background-size", "border", "border-bottom", "border-bottom-color", "border-bottom-left-radius",
    "border-bottom-right-radius", "border-bottom-style", "border-bottom-width", "border-collapse", "border-color",
    "border-image", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius",
    "border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style",
    "border-top", "border-top-color", "border-top-left-radius", "border-top-right-radius", "border-top-style",
    "border-top-width", "border-width", "bottom", "box-shadow", "box-sizing", "caption-side", "clear", "color", "column-count",
    "column-gap", "direction", "display", "fill", "flex", "flex-basis", "flex-direction", "flex-flow", "flex-grow",
    "flex-shrink", "flex-wrap", "float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight", "gap",
    "grid-template-columns", "grid-template-rows", "height", "justify-content", "left", "letter-spacing", "line-height",
    "list-style", "list-style-position", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-height", "max-width", "min-height", "min-width", "object-fit", "opacity", "order", "outline", "overflow",
    "overflow-wrap", "overflow-x", "overflow-y", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top",
    "pointer-events", "position", "right", "row-gap", "stroke", "stroke-width", "tab-size", "table-layout", "text-align",
    "text-align-last", "text-decoration", "text-indent", "text-justify", "text-shadow", "text-transform", "top", "transform",
    "transform-origin", "unicode-bidi", "vertical-align", "visibility", "white-space", "width", "word-break", "word-spacing",
    "word-wrap", "writing-mode", "z-index", "-webkit-box-flex", "-webkit-overflow-scrolling", "-webkit-text-stroke",
}  # fmt: skip


MAX_BODY = 2_000_000
"""Bytes of a body."""
IN_HTML = Allowed(
    {tag.lower() for tag in HTML_TAGS | SVG_TAGS},
    REMOVED_WITH_CONTENT,
    {name.lower() for names in OWN.values() for name in names},
    MAX_BODY,
    platform=True,
)


def calm_style(style: str) -> str:
    """The declarations that load nothing, run nothing and stay where they are."""
    return ";".join(part.strip() for part in style.split(";") if part.strip() and not _wild(part))


def _wild(declaration: str) -> bool:
    plain = "".join(declaration.split()).lower()
    return style_runs(declaration) or plain in ("position:fixed", "position:sticky")
