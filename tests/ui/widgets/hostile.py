"""Texts that hang, hide, reach out or crash in careless viewers, by name."""

from __future__ import annotations

MB = 1_000_000


def _nested_tables(depth: int) -> str:
    return "<table><tr><td>" * depth + "x" + "</td></tr></table>" * depth


def _table(rows: int) -> str:
    return "| a | b | c |\n|---|---|---|\n" + "".join(f"| {n} | two | three |\n" for n in range(rows))


CASES: dict[str, str] = {
    # Markup that hides
    "unclosed think": "<think>no end\nmore",
    "break tag": "a<br>b\nc",
    "generic type": "Use List<int> and Map<K, V>",
    "html comment": "<!-- hidden --> shown",
    "style block": "<style>*{display:none}</style>text",
    "script": "<script>while(true){}</script>",
    "iframe": "<iframe src='file:///etc/passwd'></iframe>",
    "details": "<details><summary>s</summary>body</details>",
    "front matter": "---\nsecret: 1\n---\ntext",
    "front matter without end": "---\na: 1\n" * 2000,
    "footnotes": "see[^1]\n\n[^1]: body\n" * 500,
    "link definitions": "[x]: http://a.b 'title'\n" * 2000,
    "entities": "&#0;&#xD800;&lt;&nbsp;" * 5000,
    # HTML that hangs
    "20 nested tables": _nested_tables(20),
    "2000 nested tables": _nested_tables(2000),
    "nested divs": "<div>" * 20_000,
    "nested lists html": "<ul><li>" * 10_000,
    "wide html table": "<table><tr>" + "<td>x</td>" * 10_000,
    "html attribute bomb": "<a " + "b='c' " * 15_000 + ">",
    "img dev zero": "<img src='/dev/zero'>",
    # Markdown that hangs
    "table of 300 rows": _table(298),
    "table of 5000 rows": _table(5000),
    "table of 1000 columns": "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|b" * 1000 + "|\n",
    "ragged table": "|a|\n|-|\n" + "".join("|x" * n + "|\n" for n in range(250)),
    "500 KB of backticks": "`" * 500_000,
    "2000 backticks": "`" * 2000,
    "backtick ladder": " ".join("`" * n for n in range(1, 60)),
    "fences without end": "```\n" * 600,
    "deep quotes": ">" * 50_000 + " deep",
    "deep quotes on each line": (">" * 200 + " x\n") * 400,
    "deep lists": "".join("  " * n + "- x\n" for n in range(300)),
    "many list items": "- x\n" * 9_000,
    "numbered far": "".join(f"{n}) x\n" for n in range(999_000_000, 999_005_000)),
    "unclosed stars": "*a " * 30_000,
    "unclosed double stars": "**a " * 24_000,
    "paired stars": "*a* " * 24_000,
    "nested emphasis": "*a **b " * 10_000 + "c** d*" * 3_000,
    "alternating marks": "*_" * 45_000,
    "stars in a word": "a*" * 45_000,
    "tildes": "~~" * 45_000,
    "underscores": "_" * 90_000,
    "open brackets": "[" * 4_900,
    "bracket pairs": "[](" * 4_900,
    "half links": "[a](" * 4_900,
    "nested brackets": "[" * 2_400 + "x" + "](y)" * 2_400,
    "picture marks": "![" * 4_900,
    "headings": "# x\n" * 9_000,
    "one long heading": "# " + "word " * 19_000,
    "rules": "---\n" * 9_000,
    "setext": "a\n===\n" * 9_000,
    "backslashes": "\\" * 99_000,
    "escapes": "\\*" * 49_000,
    "bare addresses": "https://a.b/" * 8_000,
    "address of 90 KB": "https://a.b/" + "x" * 90_000,
    # Size
    "megabyte line": "a" * MB,
    "10 MB line": "b" * (10 * MB),
    "megabyte of spaces": " " * MB,
    "megabyte of tabs": "\t" * MB,
    "99 KB of spaces": " " * 99_000,
    "99 KB line": "c" * 99_000,
    "99 KB of words in a line": "word " * 19_800,
    "million newlines": "\n" * MB,
    "20 MB data address": f"![x](data:image/png;base64,{'A' * (20 * MB)})",
    "90 KB data address": f"![x](data:image/png;base64,{'A' * 90_000})",
    "svg data address": "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    # Reaching out
    "local picture": "![](/etc/passwd)",
    "dev zero": "![z](/dev/zero)",
    "file picture": "![f](file:///etc/passwd)",
    "share picture": "![s](\\\\host\\share\\p.png)",
    "web picture": "![w](http://127.0.0.1:9/p.png)",
    "resource picture": "![q](qrc:/x.png)",
    "script link": "[x](javascript:alert(1))",
    "html picture": "<img src='file:///etc/passwd'><link rel=stylesheet href=/etc/passwd>",
    # Characters
    "bidi override": "user \u202enimda\u202c name",
    "bidi bomb": "\u202e\u202d" * 20_000,
    "isolates": "\u2066" * 40_000,
    "zero width": "a\u200bb\u200cc\u200dd\ufeff" * 5_000,
    "tag characters": "hi" + "".join(chr(0xE0000 + ord(char)) for char in "ignore all"),
    "stacked accents": "Z" + "\u0300" * 30_000,
    "controls": "".join(map(chr, range(32))) * 300,
    "nul": "a\x00b" * 10_000,
    "lone surrogates": "\ud800a\udfff" * 10_000,
    "swapped pair": "\ude00\ud83d" * 10_000,
    "frame marks": "\ufdd0\ufdd1\ufffc\u2029" * 5_000,
    "line separators": "\u2028\u0085\x0b\x0c" * 10_000,
    "carriage returns": "\r" * 50_000,
    "emoji": "\U0001f469\u200d\U0001f52c" * 20_000,
    "arabic": "\u0645\u0631\u062d\u0628\u0627 " * 15_000,
    "last plane": "\U0010ffff" * 20_000,
    # JSON
    "deep json": "[" * 45_000 + "]" * 45_000,
    "deep objects": '{"a":' * 15_000 + "1" + "}" * 15_000,
    "huge number": "[" + "9" * 95_000 + "]",
    "many keys": "{" + ",".join(f'"k{n}":{n}' for n in range(7_000)) + "}",
    "json string of escapes": '["' + "\\u202e" * 15_000 + '"]',
    "unclosed json": "[" * 4_000,
    "json of 3 MB": "[" + "1," * 1_500_000 + "1]",
    # More that hides
    "many unclosed thinks": "<think>" * 12_000 + "end",
    "50000 break tags": "a<br>" * 20_000,
    "comment without end": "<!-- " + "hidden " * 10_000,
    "cdata": "<![CDATA[ shown ]]> <?php echo 1 ?> <!DOCTYPE html> <!ENTITY a 'b'>",
    "table cells past the header": "|a|\n|-|\n" + "|one|two|three|\n" * 250,
    "alt text, titles and fence info": '![alt](x "title")\n\n```python title="shown"\ncode\n```\n',
    "billion laughs": "<!ENTITY lol0 'lol'>"
    + "".join(f"<!ENTITY lol{n} '&lol{n - 1};&lol{n - 1};'>" for n in range(1, 900)),
    # More that reaches out
    "reference picture": "![a][x]\n\n[x]: file:///etc/passwd 'title'\n",
    "angle links": "<file:///etc/passwd> <javascript:alert(1)> <smb://host/share>",
    "share link": "[s](\\\\host\\share) [t](//host/share) [u](smb://host/share/x)",
    "html data link": "[x](data:text/html;base64,PHNjcmlwdD4=) [y](vbscript:x) [z](ms-msdt:/id)",
    "picture in a link in a table": "|a|\n|-|\n|[![p](/etc/passwd)](file:///etc/passwd)|\n",
    "style that loads": "<style>@import url(file:///etc/passwd); p{background:url(/dev/zero)}</style><p>x",
    "objects that load": "<object data='/etc/passwd'></object><embed src='/dev/zero'><base href='file:///etc/'>",
    "svg that loads": "<svg><image xlink:href='file:///etc/passwd'/><use href='/dev/zero#a'/></svg>",
    "10000 pictures": "![p](/dev/zero)\n" * 6_000,
    # More that hangs
    "references used and defined": "".join(f"[a{n}][a{n}] " for n in range(3_000))
    + "".join(f"\n[a{n}]: http://a.b/{n}" for n in range(3_000)),
    "a label of 90 KB": "[" + "label " * 15_000 + "](http://a.b)",
    "one row of 90000 cells": "|" * 90_000,
    "fence of 90000 lines": "```\n" + "x\n" * 45_000,
    "quoted lists": "".join("> " * (n % 30) + "- x\n" for n in range(3_000)),
    "ordered lists of all depths": "".join("   " * (n % 40) + f"{n}. x\n" for n in range(2_000)),
    "html entities": "&amp;lt;&#x26;&notanentity;" * 3_500,
    "200000 short lines": "ab\n" * 200_000,
    "minified script": "function a(b){return c[d](e)};" * 60_000,
    "lines of 9999": ("y" * 9_999 + "\n") * 60,
    "lines of 500 without a break": ("z" * 501 + " ") * 180,
    "base64 block": "QUJDREVG" * 12_000,
    "terminal escapes": "\x1b[2J\x1b[31mred\x1b]0;title\x07" * 4_000,
    # More characters
    "stacked accents on each letter": ("Z" + "\u0300\u0316\u034f" * 20) * 600,
    "thai and devanagari": "\u0e01\u0e33\u0e49\u0915\u094d\u0937\u093f" * 9_000,
    "flags and skin tones": "\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd\ufe0f" * 7_000,
    "soft hyphens": "a\u00ad" * 45_000,
    "narrow and wide spaces": "\u00a0\u2003\u202f\u3000\u2060" * 18_000,
    "interlinear and object marks": "\ufff9a\ufffab\ufffb\ufffc" * 8_000,
    "private use": "\ue000\uf8ff\U000f0000" * 15_000,
    "both directions by turns": "abc \u05d0\u05d1\u05d2 123 \u0627\u0628 " * 5_000,
    # More JSON
    "json of 200000 numbers": "[" + ",".join(map(str, range(20_000))) + "]",
    "json with equal keys": "{" + '"a":1,' * 9_000 + '"a":2}',
    "json with a string of 2 MB": '{"a": "' + "x " * MB + '"}',
    "json of mixed depth": '{"a":[' * 8_000 + "1" + "]}" * 8_000,
    "json that breaks off": '{"a": [1, 2, {"b": "' + "c" * 50_000,
    "json numbers past all bounds": "[1e400, -1e400, 1e-400, 0.1e+999999]",
}

EVERY_CHARACTER: dict[str, str] = {
    "every character of the first plane": "".join(chr(n) for n in range(0x20, 0xD800)),
    "every character of other planes": "".join(chr(n) for n in range(0x10000, 0x10000 + 30_000)),
}
"""Texts for which Qt looks through every font of the machine, once a process, and says so in warnings."""
