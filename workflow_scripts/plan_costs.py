"""Print what the tables and figures of a config will cost before anything runs: jobs, trainings, hours."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--config", type=job.settings, required=True, metavar="JSON", help="the config of the build")
    parser.add_argument("--results", default="results", help="folder whose finished trainings improve the estimate")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="what the trainings run on")
    parser.add_argument("--cores", type=int, default=1, help="cores that work at a time, for the time of the whole")
    return parser


def main(options: argparse.Namespace) -> None:
    """Count, estimate and print."""
    from reproduction.config.config import load_config
    from reproduction.costs.estimate import Estimator, artefact_costs
    from reproduction.costs.jobs import planned_jobs
    from reproduction.costs.report import costs_text
    from reproduction.costs.submissions import submissions
    from reproduction.costs.throughput import GPU_IN_CORES, is_assumed, preferred, read_histories, read_measured
    from reproduction.costs.workloads import training_macs
    from reproduction.plan.targets import shown_runs

    config = load_config(options.config)
    macs = {run.key: training_macs(config, run) for run in shown_runs(config)}
    own = list(read_histories(options.results, macs))
    known = preferred(own, read_measured())
    estimator = Estimator(config, options.device, known, GPU_IN_CORES if options.device == "cuda" else 1.0)
    costs, n_submissions = artefact_costs(estimator), submissions(planned_jobs(config))
    assumed = is_assumed(known, options.device)
    print(costs_text(costs, options.device, options.cores, n_submissions, len(own), assumed))


if __name__ == "__main__":
    job.run(main, build_parser())
