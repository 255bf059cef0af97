"""A text inside base64 whose beginning nothing marks."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from wirewitness.find.base64_forms import inside_base64


@given(before=st.binary(max_size=40), text=st.binary(min_size=12, max_size=60), after=st.binary(max_size=40))
def test_one_form_stands_in_whatever_surrounds_the_text(before, text, after):
    plain = base64.b64encode(before + text + after)
    url = base64.urlsafe_b64encode(before + text + after)
    forms = [form.data for form in inside_base64(0, text)]
    assert any(form in plain for form in forms)
    assert any(form in url for form in forms)


def test_a_short_text_has_none_for_chance_would_find_it():
    assert list(inside_base64(0, b"ann")) == []
