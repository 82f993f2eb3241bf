"""Learning rates are chosen on validation, from the same rates for every loss, and used."""

import json

import pytest
from cell_runs import composed, run
from omegaconf import OmegaConf

from benchmarks.sweeps.report_synthetic import config_of
from cells.configuration.tuned_rates import tuned_learning_rate
from errors import InputError
from study.tuning import FILE, Trial, choose, edges, main, rates_to_try, widened


def trials(values):
    return [Trial("toy/static/elr", rate, "nDCG@10", value) for rate, value in values]


def test_the_best_mean_wins_and_the_larger_of_equals():
    chosen = choose(
        trials([(0.01, 0.5), (0.01, 0.7), (0.02, 0.65), (0.02, 0.65), (0.05, 0.9), (0.05, 0.1)])
    )
    assert chosen["toy/static/elr"]["learning_rate"] == 0.02
    assert chosen["toy/static/elr"]["tried"] == pytest.approx(
        {"0.01": 0.6, "0.02": 0.65, "0.05": 0.5}
    )
    assert choose(trials([(0.02, 0.5), (0.01, 0.5)]))["toy/static/elr"]["learning_rate"] == 0.02


def test_no_rate_of_the_study_is_at_the_edge_of_its_grid():
    settings = {name.rpartition("/")[0] for name in json.loads(FILE.read_text(encoding="utf-8"))}
    assert len(settings) >= 8
    assert all(edges(FILE, setting) == set() for setting in settings)


def test_losses_with_fewer_trials_are_refused():
    some = [*trials([(0.01, 0.5), (0.02, 0.4)]), Trial("toy/static/ce", 0.01, "nDCG@10", 0.4)]
    with pytest.raises(
        InputError, match=r"toy/static: .* toy/static/ce lack some of the rates 0\.01, 0\.02"
    ):
        choose(some)
    with pytest.raises(InputError, match="no finished cell"):
        choose([])


def write_trial(outputs, rate, validation):
    folder = outputs / "toy" / "static" / f"elr-lr-{rate}" / "semantic-0.4" / "seed-0"
    folder.mkdir(parents=True)
    config = config_of("toy/static/elr/semantic-0.4/seed-0") | {
        "cell": f"toy/static/elr-lr-{rate}/semantic-0.4/seed-0",
        "variant": f"lr-{rate}",
        "selection_measure": "nDCG@10",
        "model": {"learning_rate": rate},
    }
    (folder / "config.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(config)))
    scores = {
        "measures": {"nDCG@10": 1 - validation},
        "validation": {"nDCG@10": validation},
        "data": {"fingerprint": "toy"},
    }
    (folder / "scores.json").write_text(json.dumps(scores))


def test_the_command_adds_its_choices_to_the_file_and_the_configuration_reads_them(
    tmp_path, capsys
):
    write_trial(tmp_path / "tune", 0.01, 0.4)
    write_trial(tmp_path / "tune", 0.05, 0.6)  # better on validation, worse on test
    file = tmp_path / "results" / "rates.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"toy/static/ce": {"learning_rate": 0.02}}))
    main([str(tmp_path / "tune"), "--out", str(file)])
    assert "0.05" in capsys.readouterr().out
    assert tuned_learning_rate(str(file), "toy", "static", "elr") == 0.05
    assert tuned_learning_rate(str(file), "toy", "static", "ce") == 0.02
    assert tuned_learning_rate(str(file), "toy", "static", "mae") is None
    file.write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        tuned_learning_rate(str(file), "toy", "static", "elr")


def test_a_trial_is_a_cell_of_its_own_and_another_experiment():
    cfg = composed("experiment=study_tune", "loss=elr", "optimizer.lr=5e-2", "seed=0")
    assert cfg.cell == "demo/static/elr-lr-0.05/semantic-0.2/seed-0"
    assert cfg.output_dir == "outputs/study_tune"


def test_a_loss_that_was_not_tuned_is_said_so_at_once(tmp_path):
    refused = run("experiment=study", "loss=mae", "dataset=demo", cwd=tmp_path)
    assert refused.returncode != 0
    assert "optimizer.lr=null: must be a positive number" in refused.stderr
    assert "experiment=study_tune" in refused.stderr


def test_rates_are_widened_where_a_choice_lies_at_an_edge(tmp_path):
    def choice(rate):
        return {"learning_rate": rate, "tried": {"0.01": 0.1, "0.02": 0.2, "0.05": 0.3}}

    file = tmp_path / "rates.json"
    chosen = {"toy/static/elr": 0.05, "toy/static/ce": 0.02, "toy/adapter/elr": 0.01}
    file.write_text(json.dumps({method: choice(rate) for method, rate in chosen.items()}))
    assert edges(file, "toy/static") == {1}
    assert edges(file, "toy/adapter") == {-1}
    assert widened((0.01, 0.02, 0.05), {1}) == (0.01, 0.02, 0.05, 0.1)
    assert widened((0.01, 0.02, 0.05), {-1, 1}) == (0.005, 0.01, 0.02, 0.05, 0.1)
    assert widened((0.01, 0.02), set()) == (0.01, 0.02)


def test_the_rates_to_try_continue_where_tuning_was_interrupted(tmp_path):
    file, first = tmp_path / "rates.json", (0.01, 0.02, 0.05)

    def next_rates(*losses):
        return rates_to_try(file, "toy/static", losses, first)

    assert next_rates("elr") == first, "there is no file"
    tried = {"0.01": 0.1, "0.02": 0.3, "0.05": 0.2}
    choices = {"toy/static/elr": {"learning_rate": 0.02, "tried": tried}}
    file.write_text(json.dumps(choices))
    assert next_rates("elr") == ()
    assert next_rates("elr", "cores") == first, "one loss has none"
    choices["toy/static/cores"] = {"learning_rate": 0.05, "tried": tried}
    file.write_text(json.dumps(choices))
    assert next_rates("elr", "cores") == (0.01, 0.02, 0.05, 0.1)
