"""A stand-in for the API of Kubernetes that runs each job's command on this machine, where no clone can be seen.

It answers what Snakemake's plugin asks: secrets, jobs, pods, logs. A pod is a process in mount and process namespaces
of its own, in an empty working directory; folders that a node would not have are hidden from it. What it cannot show:
images, scheduling, quotas, rights, evictions by a node.
"""

import base64
import json
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

CONFIG = """\
apiVersion: v1
kind: Config
current-context: tests
contexts: [{{name: tests, context: {{cluster: tests, user: tests}}}}]
clusters: [{{name: tests, cluster: {{server: "{url}"}}}}]
users: [{{name: tests, user: {{token: none}}}}]
"""
EXTENDED = re.compile(r"[\w.-]+/[\w.-]+")  # resources such as nvidia.com/gpu


class Pod:
    """One job and its only pod.

    Attributes:
        script: the command that it runs in a shell.
        resources: requests and limits, as asked for.
        folder: its working directory.
        status: of its process; None while it runs or waits.
    """

    def __init__(self, body: dict, folder: Path) -> None:
        self.name = body["metadata"]["name"]
        spec = body["spec"]["template"]["spec"]
        self.container = spec["containers"][0]
        self.tolerations = spec.get("tolerations", [])
        self.script = self.container["args"][1]
        self.resources = self.container["resources"]
        self.folder = folder
        self.status: int | None = None
        self.process: subprocess.Popen | None = None

    @property
    def log(self) -> str:
        """What it has printed."""
        path = self.folder.with_suffix(".log")
        return path.read_text(errors="replace") if path.exists() else ""


class Cluster:
    """The API; a context manager.

    Args:
        folder: for the pods' working directories.
        hidden: folders that pods see empty.
        variables: the environment of the pods' image.
        slots: how many pods run at a time.
    """

    def __init__(self, folder: Path, hidden: Iterable[Path], variables: Mapping[str, str], slots: int = 2) -> None:
        folder.mkdir()
        self.folder = folder
        self.hidden = [path for path in hidden if path.is_dir()]
        self.variables = dict(variables)
        self.pods: dict[str, Pod] = {}
        self.past: list[Pod] = []
        self.secrets: dict[str, dict[str, str]] = {}
        self._slots = ThreadPoolExecutor(slots)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.config = folder / "kubeconfig"
        self.config.write_text(CONFIG.format(url=f"http://127.0.0.1:{self._server.server_port}"))
        (folder / "empty").mkdir()

    def __enter__(self) -> "Cluster":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        for pod in self.past:
            self.kill(pod)
        self._slots.shutdown(cancel_futures=True)

    def create(self, body: dict) -> str | None:
        """Start a job; the reason where it is refused."""
        pod = Pod(body, self.folder / f"pod{len(self.past)}")
        if reason := _refusal(pod.resources):
            return reason
        pod.folder.mkdir()
        self.pods[pod.name] = pod
        self.past.append(pod)
        self._slots.submit(self._run, pod)
        return None

    @staticmethod
    def kill(pod: Pod) -> None:
        """End a pod at once, as a node that goes does."""
        if pod.process and pod.process.poll() is None:
            pod.process.kill()

    def _run(self, pod: Pod) -> None:
        environment = {**self.variables, **self._secrets(pod), "HOME": str(pod.folder)}
        hide = [
            f"mount --bind {shlex.quote(str(self.folder / 'empty'))} {shlex.quote(str(path))}" for path in self.hidden
        ]
        inside = " && ".join([*hide, f"cd {shlex.quote(str(pod.folder))}", 'exec /bin/sh -c "$0"'])
        words = [
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            inside,
            pod.script,
        ]
        with pod.folder.with_suffix(".log").open("wb") as log:
            pod.process = subprocess.Popen(words, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            pod.status = pod.process.wait()

    def _secrets(self, pod: Pod) -> dict[str, str]:
        references = {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in pod.container.get("env", [])}
        return {name: self.secrets[key["name"]][key["key"]] for name, key in references.items()}


def can_hide() -> bool:
    """Whether this machine lets a process have namespaces of its own."""
    words = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _refusal(resources: dict) -> str | None:
    """What the real API says of devices: they are limits, and requests of them equal to those."""
    limits = resources.get("limits") or {}
    for name, amount in (resources.get("requests") or {}).items():
        if EXTENDED.fullmatch(name) and limits.get(name) != amount:
            return f"spec.containers[0].resources.limits: Required value: Limit must be set for {name}"
    return None


def _handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, body: dict | str, status: int = 200) -> None:
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def body(self) -> dict:
            return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

        def do_POST(self) -> None:
            body = self.body()
            if self.path.endswith("/secrets"):
                data = {key: base64.b64decode(value).decode() for key, value in (body.get("data") or {}).items()}
                cluster.secrets[body["metadata"]["name"]] = data
            elif reason := cluster.create(body):
                self.answer({"kind": "Status", "message": reason, "code": 422}, 422)
                return
            self.answer(body, 201)

        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path.endswith("/pods"):
                pod = cluster.pods.get(query["labelSelector"][0].partition("=")[2])
                self.answer({"kind": "PodList", "items": [_pod(pod)] if pod else []})
                return
            pod = cluster.pods.get(path.split("/")[-2])
            if pod is None:
                self.answer({"kind": "Status", "code": 404}, 404)
            elif path.endswith("/log"):
                self.answer(pod.log)
            else:
                state = {None: "active", 0: "succeeded"}.get(pod.status, "failed")
                self.answer({"kind": "Job", "metadata": {"name": pod.name}, "status": {state: 1}})

        def do_DELETE(self) -> None:
            self.body()
            name = urlsplit(self.path).path.split("/")[-1]
            cluster.secrets.pop(name, None)
            if pod := cluster.pods.pop(name, None):
                cluster.kill(pod)
            self.answer({"kind": "Status", "status": "Success"})

    return Handler


def _pod(pod: Pod) -> dict:
    state = {"running": {}} if pod.status is None else {"terminated": {"exitCode": pod.status % 256}}
    container = {"name": "snakemake", "image": "image", "imageID": "image", "ready": True, "restartCount": 0}
    return {"metadata": {"name": pod.name}, "status": {"containerStatuses": [{**container, "state": state}]}}


def environment_of_image(folder: Path, programs: Iterable[Path]) -> dict[str, str]:
    """The environment of the image: its programs first on the path, and a pip that finds everything installed."""
    folder.mkdir()
    (folder / "pip").write_text("#!/bin/sh\nexit 0\n")
    (folder / "pip").chmod(0o755)
    path = os.pathsep.join([str(folder), *map(str, programs), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "LC_ALL": "C.UTF-8"}
