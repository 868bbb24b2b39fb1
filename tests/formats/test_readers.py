"""The readers of source files: what was written comes back exactly, and a bad row costs only itself."""

from __future__ import annotations

import csv
import io
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import InputError
from reviewer.formats import json_records, jsonl
from reviewer.formats.detect import detect, read
from reviewer.formats.rows import Row, RowError, parse_object

DATA = Path(os.environ.get("REVIEWER_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
OBJECT = st.dictionaries(st.text(max_size=6).filter(lambda key: key != "_rejected"), JSON, max_size=5)
CALM = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def values(rows: list[Row]) -> list[Any]:
    assert [row.error for row in rows if row.error] == []
    return [row.value for row in rows]


@CALM
@given(st.lists(OBJECT, max_size=6), st.booleans())
def test_json_lines_come_back_exactly(tmp_path: Path, objects: list[dict[str, Any]], ascii_only: bool) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes("".join(json.dumps(item, ensure_ascii=ascii_only) + "\n" for item in objects).encode("utf-8"))
    assert values(list(jsonl.read(path))) == objects


@CALM
@given(
    st.lists(OBJECT, min_size=1, max_size=6),
    st.sampled_from([None, 1, 2, 4]),
    st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
    st.sampled_from(["list", "data", "nested", "lines"]),
)
def test_json_records_come_back_exactly(
    tmp_path: Path, objects: list[dict[str, Any]], indent: int | None, separators: tuple[str, str], holder: str
) -> None:
    path = tmp_path / "rows.json"
    if holder == "lines":
        text = "\n".join(json.dumps(item, indent=indent, separators=separators) for item in objects)
        if any(isinstance(value, dict | list) for value in objects[0].values()):
            return  # the first may itself look like a holder of records
    else:
        held: Any = {"list": objects, "data": {"n": 1, "data": objects}, "nested": {"results": {"results": objects}}}
        text = json.dumps(held[holder], indent=indent, separators=separators)
        if holder != "list" and not objects[0]:
            return
    path.write_bytes(text.encode("utf-8"))
    assert values(list(json_records.read(path))) == objects


@CALM
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_csv_comes_back_exactly(tmp_path: Path, table: list[list[str]], delimiter: str) -> None:
    from reviewer.formats import csv_table

    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["id", "text"], *table])
    path = tmp_path / "rows.csv"
    path.write_bytes(buffer.getvalue().encode("utf-8"))
    expected = [{"id": row[0], "text": row[1]} for row in table]
    assert values(list(csv_table.read(path, "utf-8", delimiter))) == expected


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a\u2028b\u0085c\u2029d"}\r\n\n{"text": "e"}', encoding="utf-8")
    rows = list(jsonl.read(path))
    assert [row.value for row in rows] == [{"text": "a\u2028b\u0085c\u2029d"}, {"text": "e"}]
    assert [row.line for row in rows] == [1, 3]


BAD = {
    '{"id": 1, "x": NaN}': "NaN",
    '{"id": 1, "x": -Infinity}': "Infinity",
    '{"id": 1, "id": 2}': "“id” twice",
    '{"a": {"x": 1, "\\u0078": 2}, "t": "\\u003a"}': "“x” twice",
    '{"id": ' + "9" * 5000 + "}": "4,300 digits",
    '{"x": ' + "[" * 5000 + "]" * 5000 + "}": "too deeply",
    '{"id": 1': "not valid JSON",
    "[1, 2]": "a list, not an object",
    "null": "null, not an object",
    "oops": "not valid JSON",
}


@pytest.mark.parametrize(("text", "words"), BAD.items(), ids=range(len(BAD)))
def test_a_bad_row_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(RowError, match=words):
        parse_object(text.encode())


def test_unusual_rows_are_kept_exactly() -> None:
    assert parse_object(rb'{"t": "\ud800 \u0000"}') == {"t": "\ud800 \x00"}
    assert parse_object(b'{"n": 123456789012345678901234567890}') == {"n": 123456789012345678901234567890}
    assert parse_object(b'{"t": "a: b", "n": 0.1}') == {"t": "a: b", "n": 0.1}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_bad_record_of_a_list_costs_only_itself(tmp_path: Path, indent: int | None) -> None:
    objects = [{"id": number, "tags": [{"id": 0}], "text": f"a {{b}} ] {number}"} for number in range(20)]
    text = json.dumps(objects, indent=indent)
    place = text.index('"a {b} ] 7"')
    for broken in (text.replace('"a {b} ] 7"', "NaN"), text[:place] + text[place + 1 :]):
        path = tmp_path / "rows.json"
        path.write_text(broken, encoding="utf-8")
        rows = list(json_records.read(path))
        found = [row.value["id"] for row in rows if row.value is not None and "text" in row.value]
        assert found == [number for number in range(20) if number != 7]
        assert sum(row.error is not None for row in rows) >= 1


def test_a_list_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"id": 1}, {"id": 2}, {"id": 3, "te', encoding="utf-8")
    rows = list(json_records.read(path))
    assert [row.value for row in rows if row.value] == [{"id": 1}, {"id": 2}]
    assert any(row.error for row in rows)


def test_records_by_name_keep_their_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('{"a": {"prompt": "x"}, "b\\"c": {"prompt": "y"}}', encoding="utf-8")
    assert values(list(json_records.read(path))) == [{"_key": "a", "prompt": "x"}, {"_key": 'b"c', "prompt": "y"}]


def test_a_record_whose_name_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_bytes(b'{"k0": {"a": 1}, "k\x011": {"a": 2}, "k2": {"a": 3}}')
    rows = list(read(path, detect(path)))
    assert [row.value and row.value["a"] for row in rows] == [1, None, 3]
    assert str(rows[1].error).startswith("has a name that is not valid JSON")


def test_conversations_may_be_records_or_the_steps_of_one(tmp_path: Path) -> None:
    steps = [{"from": "human", "value": "hello"}]
    records = [{"id": "a", "messages": []}, {"id": "b", "messages": []}]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"conversations": records}), encoding="utf-8")
    assert values(list(json_records.read(path))) == records
    path.write_text(json.dumps({"id": "a", "conversations": steps}), encoding="utf-8")
    assert values(list(json_records.read(path))) == [{"id": "a", "conversations": steps}]


def test_one_record_with_messages_is_one_record(tmp_path: Path) -> None:
    record = {"id": "x", "messages": [{"role": "user", "content": "hello"}]}
    path = tmp_path / "one.json"
    path.write_text(json.dumps(record, indent=2), encoding="utf-8")
    assert values(list(read(path, detect(path)))) == [record]


ENCODED = {
    "utf-8": "naïve €",
    "utf-8-sig": "naïve €",
    "utf-16": "naïve €",
    "utf-16-le": "naïve €",
    "utf-16-be": "naïve €",
    "utf-32": "naïve €",
    "cp1252": "café naïve “déjà vu”, señor",
    "cp1251": "Привет, как дела, расскажи мне",
    "shift_jis": "これは日本語のテキストです",
}


@pytest.mark.parametrize(("encoding", "text"), ENCODED.items())
def test_the_encoding_is_seen(tmp_path: Path, encoding: str, text: str) -> None:
    rows = [{"id": "1", "text": text}, {"id": "2", "text": "plain"}]
    files = {
        "rows.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows),
        "rows.json": json.dumps(rows, ensure_ascii=False),
        "rows.csv": "id,text\r\n" + "".join(f'{row["id"]},"{row["text"]}"\r\n' for row in rows),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content.encode(encoding))
        how = detect(path)
        assert how.format == name.removeprefix("rows.")
        assert values(list(read(path, how))) == rows


def test_a_bad_byte_costs_its_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = '{"t": "ünïcödé – “x”"}\n'.encode()
    path.write_bytes(good * 3 + b'{"t": "\xff"}\n' + good)
    rows = list(read(path, detect(path)))
    assert [row.error is None for row in rows] == [True, True, True, False, True]
    assert "not valid UTF-8" in str(rows[3].error)


def test_csv_cells_stay_as_they_are_and_bad_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b'id;text\n007;"two\nlines; ""quoted"""\nNA;=1+1\n1;2;3\nx;"open\nlast;row\n')
    rows = list(read(path, detect(path)))
    assert [row.value for row in rows if row.error is None] == [
        {"id": "007", "text": 'two\nlines; "quoted"'},
        {"id": "NA", "text": "=1+1"},
        {"id": "last", "text": "row"},
    ]
    assert [(row.line, row.raw) for row in rows if row.error] == [(5, "1;2;3"), (6, 'x;"open')]


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"  \n", "empty"), (b"\x00\x01\x02" * 50, "not a text file")]
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "rows.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        detect(path)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        detect(tmp_path / "nowhere.json")
    with pytest.raises(InputError, match="not a format"):
        detect(Path(__file__), "xml")


def test_offsets_only_grow_to_the_end(tmp_path: Path) -> None:
    objects = [{"id": number, "text": "x" * 3000} for number in range(2000)]
    for name, text in {
        "a.jsonl": "\n".join(map(json.dumps, objects)),
        "a.json": json.dumps(objects, indent=1),
    }.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        rows = list(read(path, detect(path)))
        assert len(rows) == 2000
        assert all(one.offset <= two.offset for one, two in pairwise(rows))
        assert path.stat().st_size - rows[-1].offset < 10


@pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("name", ["tau-airline/gpt-4o-airline.json", "pandalm/testset-v1.json"])
def test_real_files_come_back_exactly(name: str) -> None:
    path = DATA / name
    assert values(list(read(path, detect(path)))) == json.loads(path.read_text(encoding="utf-8"))


TRAILING = {
    '[{"id": 1}]\n[{"id": 2}, {"id": 3}]': ([1, 2, 3], []),
    '[{"id": 1}] trailing words\n': ([1], [1]),
    '[{"id": 1}]]': ([1], [1]),
    '{"id": 1}\n]': ([1], [2]),
    '{"id": 1}\n[{"id": 2}]\n{"id": 3}': ([1, 2, 3], []),
    '{"data": [{"id": 1}], "n": {"x": "}"}}\n{"data": [{"id": 2}]}': ([1, 2], []),
    '{"data": [{"id": 1}], "n": 1} more\n{"id": 2}': ([1, 2], [1]),
    '{"data": [{"id": 1}], "n': ([1], [1]),
    '{"train": [{"id": 1}], "test": [{"id": 2}], "n": []}\n{"test": [{"id": 3}]}': ([1, 2, 3], []),
    '{"train": [{"id": 1}], "val" : [], "test": [{"id": 2}, ': ([1, 2], [1]),
    '{"data": {"data": [{"id": 1}]}}\noops': ([1], [2]),
}


@pytest.mark.parametrize(("text", "ids", "bad"), [(text, *found) for text, found in TRAILING.items()])
def test_nothing_behind_the_first_document_is_lost(tmp_path: Path, text: str, ids: list[int], bad: list[int]) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    rows = list(json_records.read(path))
    assert [row.value["id"] for row in rows if row.value is not None] == ids
    assert [row.line for row in rows if row.error is not None] == bad


def test_records_of_one_line_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"id": 1}, {"id": NaN}, {"id": 3}]', encoding="utf-8")
    assert [(row.line, row.record, row.error is None) for row in json_records.read(path)] == [
        (1, 1, True),
        (1, 2, False),
        (1, 3, True),
    ]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv"])
def test_a_few_wrong_bytes_do_not_make_another_encoding(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    texts = ["naïve", "plain", "wrong \udcff\udcfe bytes", "señor"]
    content = {
        "rows.jsonl": "\n".join(f'{{"text": "{text}"}}' for text in texts),
        "rows.json": "[" + ", ".join(f'{{"text": "{text}"}}' for text in texts) + "]",
        "rows.csv": "id,text\n" + "\n".join(f'1,"{text}"' for text in texts),
    }[name]
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    how = detect(path)
    assert how.encoding == "utf-8"
    rows = list(read(path, how))
    assert [row.value and row.value["text"] for row in rows if row.error is None] == ["naïve", "plain", "señor"]
    assert [row.error is not None for row in rows].index(True) == 2
