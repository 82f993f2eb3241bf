"""How the project is built: floors, names, and sizes that one can read."""

import ast
import re
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    {"errors"},
    {"checks", "html_pages", "keyed_random", "terminal"},
    {"data"},
    {"losses"},
    {"lightning_modules"},
    {"evaluation"},
    {"noise"},
    {"suspects"},
    {"cells"},
    {"reporting"},
    {"study"},
    {"run", "report", "hydra_plugins", "benchmarks", "docs"},
)
"""A package imports from lower floors only; docs/design.md draws them."""


def paths(pattern="*.py"):
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [Path(line) for line in listed.splitlines() if (ROOT / line).exists()]


def product():
    return [path for path in paths() if path.parts[0] != "tests"]


def parsed(path):
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def floor_of(name):
    return next((floor for floor, rooms in enumerate(FLOORS) if name in rooms), None)


def test_every_package_has_a_floor():
    assert {path.parts[0].removesuffix(".py") for path in product()} == set().union(*FLOORS)


def test_no_import_runs_upwards():
    upwards = [
        (str(path), module)
        for path in product()
        for module in imported(parsed(path))
        if (there := floor_of(module.split(".")[0])) is not None
        and module.split(".")[0] != (here := path.parts[0].removesuffix(".py"))
        and there >= floor_of(here)
    ]
    assert upwards == []


def test_no_two_modules_have_one_name():
    names = Counter(path.name for path in product() if path.name != "__init__.py")
    assert [name for name, times in names.items() if times > 1] == []


def test_no_two_public_classes_have_one_name():
    places = defaultdict(list)
    for path in product():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_room_imports_private_names_of_another():
    private = [
        (str(path), alias.name)
        for path in product()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != path.parts[0]
        for alias in node.names
        if alias.name.startswith("_") and floor_of((node.module or "").split(".")[0]) is not None
    ]
    assert private == []


@pytest.mark.parametrize("most", [15])
def test_a_folder_holds_few_files(most):
    folders = Counter(path.parent for path in paths())
    assert {str(folder): n for folder, n in folders.items() if n > most} == {}


@pytest.mark.parametrize("most", [300])
def test_a_file_is_short(most):
    lines = {str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in paths()}
    assert {path: n for path, n in lines.items() if n > most} == {}


def test_a_room_with_many_files_tells_the_reading_order():
    folders = Counter(path.parent for path in product() if path.name != "__init__.py")
    silent = [
        str(folder)
        for folder, files in folders.items()
        if files > 5
        and (ROOT / folder / "__init__.py").exists()
        and len((ast.get_docstring(parsed(folder / "__init__.py")) or "").splitlines()) < 3
    ]
    assert silent == []


def test_functions_are_short():
    sizes = [size for path in paths() for size in function_sizes(path)]
    assert median(sizes) <= 8
    assert quantiles(sizes, n=10)[-1] <= 20
    assert quantiles([size for path in product() for size in function_sizes(path)], n=10)[-1] <= 20


def function_sizes(path):
    """Lines of code of each function, without docstrings, comments and blank lines."""
    text = (ROOT / path).read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(text))
    docstrings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    code = {
        number
        for number, line in enumerate(text, 1)
        if line.strip() and not line.strip().startswith("#") and number not in docstrings
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield len(code & set(range(node.lineno, node.end_lineno + 1)))


def test_warnings_are_rarely_suppressed():
    marks = re.compile(r"#\s*(?:noqa|type:\s*ignore)")
    found = Counter(
        {
            str(path): len(marks.findall((ROOT / path).read_text(encoding="utf-8")))
            for path in paths()
        }
    )
    assert found.total() <= 60, found.most_common(10)


def test_tests_that_the_documentation_names_exist():
    named = {
        (str(page), name)
        for page in paths("*.md")
        for name in re.findall(
            r"tests/[\w/]+\.(?:py|json)", (ROOT / page).read_text(encoding="utf-8")
        )
    }
    assert named
    assert not [(page, name) for page, name in sorted(named) if not (ROOT / name).exists()]
