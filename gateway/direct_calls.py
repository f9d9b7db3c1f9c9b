"""How templates are compiled: they call functions and write HTML as Python would.

Jinja asks of each function that a template calls whether it wants the template's context, and escapes each value again
that is HTML already. A page has some six hundred calls and seven hundred values, which was a third of the time that its
template took. No function of ours wants the context (`takes_context`).
"""

from __future__ import annotations

from keyword import iskeyword
from typing import Any

from flask import Flask
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.utils import _PassArg


class DirectCalls(CodeGenerator):
    """Jinja's compiler, but for calls and for values that are written."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write `f(x)` for `{{ f(x) }}`."""
        if forward_caller or node.dyn_args is not None or any(iskeyword(each.key) for each in node.kwargs):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for each in (*node.args, *node.kwargs):
            self.visit(each, frame)
            self.write(", ")
        if node.dyn_kwargs is not None:
            self.write("**")
            self.visit(node.dyn_kwargs, frame)
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if self._escapes(frame, finalize):
            self.write("(written if type(written := (")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if self._escapes(frame, finalize):
            self.write(")) is Markup else escape(written))")
        else:
            super()._output_child_post(node, frame, finalize)

    def _escapes(self, frame: Frame, finalize: Any) -> bool:
        context = frame.eval_ctx
        return bool(context.autoescape) and not context.volatile and finalize.src is None


def takes_context(function: Any) -> bool:
    """Whether Jinja would give a function the template's context, which templates that call directly don't."""
    return _PassArg.from_obj(function) is not None


def install(app: Flask) -> None:
    """Compile the application's templates so."""
    app.jinja_env.code_generator_class = DirectCalls
