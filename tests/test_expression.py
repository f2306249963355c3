from __future__ import annotations

import pytest

from ganzoo.expression import Call, ExpressionError, Name, names, networks, parse, walk


def test_a_wire_is_a_tree():
    assert parse("F(G(x))") == Call("F", (Call("G", (Name("x"),)),))
    assert parse("G.features(G(x), z)") == Call(
        "G", (Call("G", (Name("x"),)), Name("z")), head="features"
    )


def test_its_text_is_canonical():
    assert str(parse(" D( x,G(x) ) ".strip())) == "D(x, G(x))"


def test_equal_calls_are_equal_wherever_they_stand():
    inner = parse("F(G(x))").arguments[0]
    assert inner == parse("G(x)")
    assert inner.column == 2


def test_columns_count_characters():
    assert parse("été(été(x))").arguments[0].column == 4
    for text, column in (("été(ß, 1)", 7), ("𝐺(x=y)", 4), ("F(é", 1)):
        with pytest.raises(ExpressionError) as caught:
            parse(text)
        assert caught.value.column == column


def test_walk_gives_arguments_first():
    assert [str(part) for part in walk(parse("D(x, G(x))"))] == ["x", "x", "G(x)", "D(x, G(x))"]
    assert names(parse("D(x, G(z))")) == {"x", "z"}
    assert networks(parse("D(x, G.a(z))")) == {"D", "G"}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("F(1)", 2),
        ("x + y", 0),
        ("F(x=y)", 4),
        ("F()", 0),
        ("F(G()(x))", 2),
        ("G.a.b(x)", 0),
        ("G(x).features", 0),
        ("G.features", 0),
        ("F(*x)", 2),
        ("[x]", 0),
        ("lambda: x", 0),
        ("F(x if y else z)", 2),
        ("F('x')", 2),
        ("(x := y)", 1),
    ],
)
def test_nothing_else_is_a_wire(text, column):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column


@pytest.mark.parametrize("text", ["", "F(", "F(x))", "x y", "(" * 500, "F(\x00)"])
def test_what_does_not_parse_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)
