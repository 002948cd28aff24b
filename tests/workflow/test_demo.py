"""The first look through Snakemake, at the size of the smoke build, whose trainings it finds done."""

from helpers.snakemake_runs import output, run_command


def test_the_demo_ends_with_a_table_and_a_picture(smoke_copy):
    (smoke_copy / "results/figures/figure2.png").unlink()
    (smoke_copy / "results/tables/table1.csv").unlink()
    command = ("python", "-m", "reproduction.runtime.demo", "--cores", "2", "--configfile")
    configs = ("configs/smoke.yaml", "configs/demo.yaml")
    result = run_command(smoke_copy, *command, *configs, PYTHONPATH="workflow_scripts")
    assert result.returncode == 0, output(result)
    assert "jobs done" in result.stderr
    head, *rows = result.stdout.strip().partition("\n\n")[0].splitlines()
    assert head.split() == ["FID", "PRD", "novelty"]
    labels = [row.rsplit(maxsplit=3)[0].strip() for row in rows]
    assert labels[:3] == ["VAE - N(0, 1)", "VAE - GMM", "VAE - Ours"]
    assert {"Real images", "Decoded means", "Means + matched noise"} <= set(labels)
    picture = result.stdout.strip().rpartition(": ")[2]
    assert picture == str((smoke_copy / "results/figures/figure2.png").resolve())
    assert (smoke_copy / "results/figures/figure2.png").read_bytes().startswith(b"\x89PNG")
