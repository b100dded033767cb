"""P3's graph: what ends by itself, what goes round, and the shortest way round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardtack.explore.circles import circle_through, endless

GRAPHS = st.dictionaries(
    st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3, unique=True).map(tuple), max_size=10
)


def test_what_ends_by_itself_is_in_no_circle():
    assert endless({}) == frozenset()
    assert endless({1: (2,), 2: (3, 4), 3: (4,)}) == frozenset()


def test_what_leads_into_a_circle_never_ends():
    edges = {1: (2,), 2: (3,), 3: (2, 4), 5: (4,)}
    assert endless(edges) == {1, 2, 3}
    assert circle_through(edges, 1) is None
    assert circle_through(edges, 2) == (2, 3)
    assert circle_through(edges, 3) == (3, 2)
    assert circle_through(edges, 4) is None


def test_a_page_that_loads_itself_is_a_circle_of_one():
    assert endless({1: (1,)}) == {1}
    assert circle_through({1: (1,)}, 1) == (1,)


def test_the_shortest_way_round_is_taken():
    edges = {1: (2, 5), 2: (3,), 3: (4,), 4: (1,), 5: (1,)}
    assert circle_through(edges, 1) == (1, 5)


@given(GRAPHS)
def test_a_state_goes_on_for_ever_if_it_leads_to_one_on_a_circle(edges):
    on_circles = {state for state in range(10) if circle_through(edges, state) is not None}
    leading = set(on_circles)
    while more := {state for state, after in edges.items() if state not in leading and leading & set(after)}:
        leading |= more
    assert endless(edges) == leading


@given(GRAPHS, st.integers(0, 9))
def test_a_circle_is_made_of_edges_and_comes_back(edges, start):
    circle = circle_through(edges, start)
    if circle is not None:
        assert circle[0] == start
        assert len(set(circle)) == len(circle)
        assert all(after in edges[state] for state, after in zip(circle, (*circle[1:], start), strict=True))
