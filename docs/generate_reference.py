"""Hook of MkDocs that makes pages of the reference whenever the site is built."""

import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from docs.configuration_tables import meanings, prefix_of, table

CONF = ROOT / "conf"
HEAD = """# Configuration

Every key with its default and its meaning, from the files in `conf/`; `${...}` is the value of
another key. Choose from a group with
`group=choice`, and set a key with `key=value`. `python run.py --help` lists the groups, and
`python run.py --cfg job --resolve <overrides>` prints the configuration of a command.

## Keys outside the groups

"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to the site."""
    files.append(File.generated(config, "reference/configuration.md", content=configuration()))
    files.append(File.generated(config, "reference/losses.md", content=losses()))
    return files


def losses() -> str:
    """Return the page of the losses: each module of `losses`, room after room."""
    files = sorted((ROOT / "losses").rglob("*.py"), key=lambda path: (len(path.parts), path))
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files
    ]
    return "# Losses: `losses`\n\n" + "".join(
        f"::: {module}\n    options: {{show_root_heading: true}}\n\n" for module in modules
    )


def configuration() -> str:
    """Return the whole page: the root, then group after group, each choice with its keys."""
    root = table((CONF / "config.yaml").read_text(encoding="utf-8"))
    groups = sorted({path.parent for path in CONF.rglob("*.yaml")} - {CONF})
    return HEAD + root + "".join(map(_group, groups))


def _group(folder: Path) -> str:
    name = folder.relative_to(CONF).as_posix()
    elsewhere = meanings(folder, CONF)
    return f"\n## `{name}`\n\n" + "".join(
        _choice(name, path, elsewhere) for path in sorted(folder.glob("*.yaml"))
    )


def _choice(group: str, path: Path, elsewhere: Mapping[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    said = itertools.takewhile(lambda line: line.startswith("# "), text.splitlines())
    words = " ".join(line[2:] for line in said if "@package" not in line)
    content = table(text, prefix_of(path, CONF), elsewhere) or "No keys of its own.\n"
    body = "".join(f"    {line}\n" for line in f"{words}\n\n{content}".strip().splitlines())
    return f'??? note "`{group}={path.stem}`"\n\n{body}\n'
