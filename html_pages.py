"""Self-contained HTML pages from templates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

JSON: Mapping[str, object] = {
    "ensure_ascii": False,
    "allow_nan": False,  # no browser reads it
    "separators": (",", ":"),
}


def rendered(template: Path, **content: Any) -> str:
    """Return a page.

    Text is escaped, and data that `tojson` puts into a script cannot end the script. A name that
    the template uses and `content` lacks is an error.

    Args:
        template: the file; others in its folder can be included.
        content: what the template names.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = dict(JSON)
    return environment.get_template(template.name).render(**content)
