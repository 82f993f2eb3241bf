"""What the command line answers without running a cell. Nothing heavy may be imported for it."""

import subprocess
import sys

import pytest
from cell_runs import ROOT, run


def test_help_lists_the_groups(tmp_path):
    helped = run("--help", cwd=tmp_path)
    assert helped.returncode == 0
    for group in ("dataset", "model", "loss", "noise", "trainer", "logger", "experiment"):
        assert f"{group}: " in helped.stdout
    assert "label_weakening" in helped.stdout


def test_the_resolved_configuration_can_be_read(tmp_path):
    shown = run("--cfg", "job", "--resolve", "noise.ratio=0.40", cwd=tmp_path)
    assert "cell: demo/static/label_weakening/semantic-0.4/seed-1" in shown.stdout


def test_a_terminal_of_another_encoding_gets_question_marks_and_no_traceback(tmp_path):
    shown = run("--cfg", "job", "query='糖尿病?'", cwd=tmp_path, PYTHONIOENCODING="latin-1")
    assert shown.returncode == 0, shown.stderr
    assert "query: ????" in shown.stdout


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("noise.ratio=1.5", "noise.ratio=1.5: must be a number with 0 <= noise.ratio < 1"),
        ("noise.ratio=abc", "noise.ratio=abc: must be"),
        ("noise.ratio=nan", "noise.ratio=nan: must be"),
        ("noise.ration=0.2", "ration"),
        ("loss=cross_entropi", "Did you mean loss=cross_entropy?"),
        ("dataset=scifakt", "Did you mean dataset=scifact?"),
        ("seed=one", "seed"),
        ("sed=1", "sed"),
        ("evaluation.depth=0", "evaluation.depth=0"),
    ],
)
def test_a_wrong_override_is_refused_in_a_line_and_leaves_nothing(tmp_path, argument, message):
    refused = run(argument, cwd=tmp_path)
    assert refused.returncode != 0
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_configuration_is_checked_before_anything_heavy_is_imported():
    heavy = ("torch", "pytorch_lightning", "transformers", "wandb", "ir_datasets", "sklearn")
    program = (
        f"import sys, run; sys.exit(' '.join(name for name in {heavy!r} if name in "
        f"sys.modules) or None)"
    )
    imported = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert imported.returncode == 0, imported.stderr


def test_an_unwritable_output_directory_is_named(tmp_path):
    (tmp_path / "file").touch()
    refused = run("output_dir=file/outputs", cwd=tmp_path)
    assert refused.returncode != 0
    assert "output_dir=file/outputs" in refused.stderr
