"""Templates that call functions and write HTML without Jinja's detour give the same pages as with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jinja2 import DictLoader, Environment, UndefinedError, pass_context
from jinja2.compiler import CodeGenerator
from markupsafe import Markup
from werkzeug.local import LocalProxy

from gateway.direct_calls import DirectCalls, takes_context
from tests.unit.gateway.harness import SystemHarness


class Unsure:
    """A value that says its HTML itself."""

    def __html__(self) -> str:
        return "<i>itself</i>"


def given(*positional: object, **named: object) -> str:
    """What was given, as text that has to be escaped."""
    return f"<{positional}, {named}>"


TEMPLATES = {
    "macros": "{% macro twice(text, end='.') %}{{ text }}{{ text }}{{ end }}{% endmacro %}"
    "{% macro wrap(name) %}<{{ name }}>{{ caller(name) }}{{ kwargs.x }}</{{ name }}>{% endmacro %}",
    "base": "{% block title %}T{% endblock %}|{% block main %}{% endblock %}|{{ self.title() }}",
    "page": "{% extends 'base' %}{% from 'macros' import twice, wrap %}"
    "{% block title %}{{ super() }}<{{ '<' }}>{% endblock %}{% block main %}"
    "{{ given(1, '<', class_='a', **more) }}{{ given(*[1, 2]) }}{{ html('<b>') }}{{ unsure }}{{ 7 }}{{ none }}"
    "{{ twice('<x>', end=html('<br>')) }}{{ twice(html('&amp;')) }}"
    "{% call(name) wrap('p', x='<') %}{{ name }}{{ given(name) }}{% endcall %}"
    "{% for each in [1, 2] %}{{ given(each, loop.index) }}{{ given(class=each) }}{% endfor %}"
    "{{ 'a,b'.split(',') }}{{ 'x' | upper }}{{ html('<u>') ~ '<' }}{% endblock %}",
}


def rendered(generator: type[CodeGenerator]) -> str:
    environment = Environment(loader=DictLoader(TEMPLATES), autoescape=True)
    environment.code_generator_class = generator
    environment.globals.update(given=given, html=Markup, unsure=Unsure(), more={"id": "<i>"})
    return environment.get_template("page").render()


def test_a_page_is_the_same_as_jinja_makes_it() -> None:
    page = rendered(DirectCalls)
    assert page == rendered(CodeGenerator)
    assert "&lt;x&gt;&lt;x&gt;<br>" in page
    assert "<i>itself</i>" in page


def test_what_is_not_there_is_an_error() -> None:
    environment = Environment(autoescape=True)
    environment.code_generator_class = DirectCalls
    with pytest.raises(UndefinedError, match="nobody"):
        environment.from_string("{{ nobody(1) }}").render()


def test_no_function_of_a_template_wants_its_context(system: SystemHarness) -> None:
    found = system.app.jinja_env.globals
    functions: dict[str, Callable[..., object]] = {
        name: each for name, each in found.items() if not isinstance(each, LocalProxy) and callable(each)
    }
    assert len(functions) > 30
    assert [name for name, each in functions.items() if takes_context(each)] == []
    assert takes_context(pass_context(lambda context: context))
