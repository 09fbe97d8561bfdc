"""The files to copy for unattended runs are what their readers expect."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

PROGRAM = "/opt/aftertalk/bin/aftertalk"
MANIFESTS = ("kubernetes/cronjob.yaml", "cluster/kubernetes.yaml")


@pytest.mark.parametrize("name", MANIFESTS)
def test_kubernetes(root: Path, name: str) -> None:
    """Every object is valid by the schema of Kubernetes, without unknown fields, and runs without root."""
    for document in yaml.safe_load_all((root / "deploy" / name).read_text()):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        for pod in pods(document):
            assert pod["securityContext"]["runAsNonRoot"]
            assert all(not one["securityContext"]["allowPrivilegeEscalation"] for one in pod["containers"])
            assert all("memory" in one["resources"]["limits"] for one in pod["containers"])


def pods(value: object) -> list[dict[str, object]]:
    """Every pod specification in a document."""
    if isinstance(value, dict):
        found = [value] if "containers" in value else []
        return found + [pod for one in value.values() for pod in pods(one)]
    return [pod for one in value for pod in pods(one)] if isinstance(value, list) else []


def test_github_actions(root: Path) -> None:
    """The workflow is valid by GitHub's schema."""
    program = shutil.which("check-jsonschema", path=str(root / ".venv" / "bin")) or "check-jsonschema"
    workflow = str(root / "deploy" / "ci" / "github-actions.yml")
    checked = subprocess.run(
        [program, "--builtin-schema", "vendor.github-workflows", workflow], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_cron(root: Path) -> None:
    """Every line is a comment, a variable, or five fields of time, a user and the command."""
    lines = [one for one in (root / "deploy/cron/aftertalk").read_text().splitlines() if not one.startswith("#")]
    jobs = [one for one in lines if "=" not in one.split()[0]]
    (job,) = jobs
    fields = job.split(maxsplit=6)
    assert fields[5] == "aftertalk"
    assert f"{PROGRAM} publish" in fields[6]


@pytest.mark.slow
def test_systemd(root: Path, tmp_path: Path) -> None:
    """``systemd-analyze verify`` has nothing to say, and finds that the service may do little."""
    for name in ("aftertalk.service", "aftertalk.timer"):
        text = (root / "deploy" / "systemd" / name).read_text()
        (tmp_path / name).write_text(
            text.replace(PROGRAM, "/bin/true").replace("file:/opt/aftertalk/docs", "file:/usr")
        )
    units = [str(tmp_path / name) for name in ("aftertalk.service", "aftertalk.timer")]
    verified = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=60", units[0]]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-300:]
