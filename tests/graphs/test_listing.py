"""The page of all types of nodes says what the table has."""

from tests.graphs.differences import DIFFERENCES
from tests.graphs.listing import PAGE, listed, page


def test_the_page_is_as_it_would_be_written_now():
    assert PAGE.read_text() == page(), "python tests/graphs/listing.py"


def test_each_type_that_differs_is_in_the_table():
    assert set(listed()["different"]) == set(DIFFERENCES)
