"""Hook of MkDocs: formulas of pages and docstrings as MathML, which needs no script."""

import html
import re

from latex2mathml.converter import convert
from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor
from mkdocs.config.defaults import MkDocsConfig

BLOCK = re.compile(r"^\.\. math::[ \n]*(.+(?:\n[ ]+.+)*)", re.MULTILINE)
ROLE = re.compile(r":math:`([^`]+)`")
FOUND = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>', re.DOTALL)


class Directives(Preprocessor):
    """Write `.. math::` and `:math:` as $...$, which arithmatex protects from Markdown."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines rewritten."""
        text = BLOCK.sub(lambda match: f"${' '.join(match[1].split())}$", "\n".join(lines))
        return ROLE.sub(lambda match: f"${match[1]}$", text).split("\n")


class DirectivesExtension(Extension):
    """Installs `Directives`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Register it before the text is parsed."""
        md.preprocessors.register(Directives(md), "math-directives", 5)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the extension for pages and docstrings."""
    # Markdown takes instances too
    config.markdown_extensions.append(DirectivesExtension())  # type: ignore[arg-type]
    return config


def on_page_content(content: str, **_: object) -> str:
    """Convert what arithmatex marked."""
    return FOUND.sub(lambda match: convert(_known(html.unescape(match[1]))), content)


def _known(formula: str) -> str:
    """Return the formula without the commands that the converter does not know."""
    return formula.replace(r"\arg\max", r"\mathrm{argmax}\,")
