"""Print what the tables and figures of a config will cost before anything runs: jobs, trainings, hours, money."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--config", type=job.settings, required=True, metavar="JSON", help="the config of the build")
    parser.add_argument("--results", default="results", help="folder whose finished trainings improve the estimate")
    parser.add_argument("--machine", required=True, metavar="FILE", help="YAML: the devices, what they do and cost")
    parser.add_argument("--count", type=int, help="how many devices to plan for, in the place of the file's numbers")
    return parser


def main(options: argparse.Namespace) -> None:
    """Count, estimate, schedule and print."""
    from reproduction.config.config import load_config
    from reproduction.costs.estimate import artefact_costs
    from reproduction.costs.jobs import planned_jobs
    from reproduction.costs.machine import load_machine
    from reproduction.costs.machine_estimate import MachineEstimator, measured_on
    from reproduction.costs.report import costs_text
    from reproduction.costs.scale import plan_machine, scale_text
    from reproduction.costs.submissions import submissions
    from reproduction.costs.throughput import read_histories
    from reproduction.costs.workloads import training_macs
    from reproduction.plan.targets import shown_runs

    config, machine = load_config(options.config), load_machine(options.machine)
    if options.count:
        machine = machine.model_copy(update={"counts": [options.count]})
    macs = {run.key: training_macs(config, run) for run in shown_runs(config)}
    known = measured_on(machine, read_histories(options.results, macs))
    estimator = MachineEstimator(config, machine, known)
    print(costs_text(artefact_costs(estimator), machine.device, submissions(planned_jobs(config))))
    print()
    print(scale_text(plan_machine(estimator), estimator))


if __name__ == "__main__":
    job.run(main, build_parser())
