"""A job is made of the modules that its wildcards name."""

from types import SimpleNamespace

from geovae.sampling import prior
from reproduction.plan import job_code

RUN = "digits/n200/conv/vae/base/seed3"


def job(**wildcards: str) -> SimpleNamespace:
    return SimpleNamespace(**{"run": RUN, "variant": "base", **wildcards})


def paths(code: list[str]) -> set[str]:
    return {entry.split()[0] for entry in code}


def test_an_entry_of_a_table_leads_to_its_module():
    assert job_code.place("geovae.models.vae:VAE") == "geovae.models.vae"
    assert job_code.place("geovae.data.digits") == "geovae.data.digits"
    assert job_code.place(prior) == job_code.place(prior.sample_prior) == "geovae.sampling.prior"
    assert job_code.place(SimpleNamespace) == "types"


def test_a_job_is_made_of_what_its_wildcards_name():
    code = paths(job_code.of_sampler("draw_samples.py", job(sampler="gmm")))
    assert "geovae/sampling/mixture.py" in code
    assert "geovae/sampling/controls.py" not in code
    assert "geovae/data/digits.py" in paths(job_code.of_dataset("prepare_dataset.py", "digits"))
    assert "geovae/models/vae.py" in paths(job_code.of_run("train_model.py", job()))
    evaluation = "geovae/evaluation"
    near = paths(job_code.of_neighbours("find_neighbours.py", job(backbone="classifier")))
    assert {f"{evaluation}/classifier.py", "geovae/models/vae.py"} < near
    scored = paths(job_code.of_backbone("score_samples.py", job(backbone="inception")))
    assert {f"{evaluation}/inception.py", f"{evaluation}/resizing.py"} < scored
    assert f"{evaluation}/classifier.py" not in scored
    assert f"{evaluation}/classifier.py" in paths(job_code.of_backbone_training("train_backbone.py", "classifier"))


def test_a_table_is_made_of_the_nets_that_it_is_read_off():
    module = "reproduction.rendering.tables.table4"
    nets = {f"geovae/nets/{name}.py" for name in ("conv", "mlp")}
    assert nets < paths(job_code.of_table("render_table.py", module, "table4"))
    assert not nets & paths(job_code.of_table("render_table.py", module.replace("4", "1"), "table1"))
