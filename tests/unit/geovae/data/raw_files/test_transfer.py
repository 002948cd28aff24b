"""The lock on the part of a file that has arrived."""

import subprocess
import sys
import threading

from geovae.data.raw_files.transfer import Part
from helpers.paths import ROOT

HOLD = """
import sys, time
from pathlib import Path
from geovae.data.raw_files.transfer import Part
with Part(Path(sys.argv[1])) as part:
    part.append(b"abc")
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_killed_process_leaves_its_part_to_the_one_that_waits(tmp_path, capsys):
    target = tmp_path / "data.bin"
    command = [sys.executable, "-c", HOLD, str(target)]
    with subprocess.Popen(command, cwd=ROOT / "workflow_scripts", stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        sizes = []

        def wait():
            with Part(target) as part:
                sizes.append(part.size)

        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.3)
        assert sizes == []
        holder.kill()
        waiting.join(10)
    assert sizes == [3]
    assert capsys.readouterr().err == f"{target}: another process is downloading it; waiting\n"
