# How many jobs may compute on GPUs at a time. Each takes a device for itself when it starts
# (reproduction/runtime/devices.py).
from reproduction.runtime import devices

DEVICES = [] if CONFIG.device == "cpu" else devices.visible_devices()
GPUS = 1 if DEVICES or CONFIG.device == "cuda" else 0  # what a job that computes with torch asks for
os.environ[devices.SHARE_VARIABLE] = str(CONFIG.gpu_share)  # for the jobs

# Snakemake limits no resource by itself. On a cluster (--jobs) the scheduler counts the devices.
if DEVICES and workflow.nodes is None and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", len(DEVICES) * CONFIG.gpu_share)


def stop_without_gpu():
    """For `onstart`: end a build on this machine whose jobs need a GPU that is not there.

    A plan, a report, or a build of what needs none goes on.
    """
    missing = CONFIG.device == "cuda" and not DEVICES and workflow.local_exec and not workflow.touch
    if missing and any(job.resources.get("gpu") for job in workflow.dag.needrun_jobs()):
        sys.exit(devices.NONE_FOUND)
