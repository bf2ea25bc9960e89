"""Text of HTML, such as the body of an annotation."""

from __future__ import annotations

from .arguments import check_type


def html_to_text(html: str | None) -> str:
    """Return the text of HTML, such as the `body_html` of an annotation, as a page shows it.

    Each block, such as a paragraph, an item of a list or a row of a table, begins on a new line, and cells of a row are
    separated by a tab. White space is preserved inside `<pre>` and collapsed elsewhere, and there are no other empty
    lines. An image, such as an emoji, is its `alt` text. Other tags, comments, scripts, styles, control characters and
    those that change the direction of text are left out, and a lone surrogate becomes U+FFFD. Invalid HTML raises no
    error. Older releases of Python 3.11 take quadratic time for thousands of tags that are not closed by `>`, which the
    API does not return.

    Args:
        html: The HTML. None, as of an annotation that was listed with `omit_body`, has the text `""`.

    Raises:
        TypeError: It is not a str.
    """
    if html is None:
        return ""
    check_type("html", html, str, "a str")
    from .html_text_parser import TextParser  # noqa: PLC0415 - few programs need it

    return TextParser().text(html)
