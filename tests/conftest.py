"""What all tests share."""

import pytest

pytest.register_assert_rewrite("helpers")  # their checks, too, show the values that differ
