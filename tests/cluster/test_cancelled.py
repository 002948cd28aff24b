"""What the private SLURM promises to the tests on it: a cancelled job leaves no process, however slowly it ends."""

from helpers.slurm_daemons import command, processes_in, wait_for

# Its shell ends at the first signal and leaves it behind.
STAYS = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"


def test_a_process_that_outlives_its_shell_ends_with_its_job(slurm, tmp_path):
    script = tmp_path / "job.sh"
    script.write_text(f'#!/bin/sh\npython3 -c "{STAYS}"\ntrue\n')
    number = command("sbatch", "--parsable", f"--chdir={tmp_path}", str(script)).strip()
    wait_for(lambda: len(processes_in(tmp_path)) == 2, "the job's process", 30)
    command("scancel", number)
    wait_for(lambda: not slurm.queue(), "an empty queue", 30)
    assert processes_in(tmp_path) == []
