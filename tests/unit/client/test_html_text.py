"""The text of HTML has the lines that a page shows."""

import pytest

from buildkite_rest import html_to_text
from buildkite_rest.mock.resources.annotations import markdown_to_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><strong>1</strong> of 12\n  jobs failed</p>\n<p>See the log</p>\n", "1 of 12 jobs failed\nSee the log"),
        ("<ul>\n<li>a <code>b</code></li>\n<li>c</li>\n</ul>", "a b\nc"),
        ("<table><thead><tr><th>Test</th><th>s</th></tr></thead>\n<tr> <td> a </td> <td>2</td> </tr></table>",
         "Test\ts\na\t2"),
        ("<table><tr><td></td><td>2</td><td></td></tr></table>", "\t2\t"),
        ('<pre class="term"><code>a\r\n  <span class="term-fg31">b</span>\n\nc\n</code></pre>d', "a\n  b\n\nc\nd"),
        ("one<br>two<br/><br/>three", "one\ntwo\n\nthree"),
        ('<p>Done <img class="emoji" alt=":rocket:" src="x"> <img src="y"></p>', "Done :rocket:"),
        ("a &lt;b&gt; &amp;amp; &#127881; &nbsp;c", "a <b> &amp; 🎉 \xa0c"),
        ("a<!-- b --><style>c</style><script>d</script>e", "ae"),
        ('<a href="https://x.example">l</a>ink<div>x<div>y</div>z</div>', "link\nx\ny\nz"),
        ("<p>open <b>tags </pre></p></style> a < b & c <", "open tags\na < b & c <"),
        ("a\x1b[31mb&#27;\x9b", "a[31mb"),
        ("<pre>a\x1b]8;;x\x07</pre>", "a]8;;x"),
        ("a \ud83d b", "a \ufffd b"),
        ("a&#x202e;b\u2066c\u2028d\u200f", "abc d"),
        ("<pre>a\u2028b\u2029c</pre>", "a\nb\nc"),
        ("", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_text_of_html(html, text):
    assert html_to_text(html) == text


def test_text_of_an_annotation_of_the_mock_server():
    html = markdown_to_html("## Coverage\n\n**91.4 %** of `web`\n\n<pre>\n x\n</pre>")
    assert html_to_text(html) == "Coverage\n91.4 % of web\n x"


def test_bytes_are_refused():
    with pytest.raises(TypeError, match=r"^html must be a str, not bytes$"):
        html_to_text(b"<p>")
