"""How long linting AWS's policies takes, beside two other linters, by hand:

    uv run --group dev python -m tests.benchmarks.bench_lint
    uv run --group dev python -m tests.benchmarks.bench_lint --others

Times are of the processor, after start-up for our own; of the others, with `--others`, of the
whole program, which is installed by `uv` into a temporary folder. One of them asks AWS for what
the services are: it is given the reference of this project in that form.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import django

GOALS = {"without proofs": 4.0, "with proofs": 30.0}
OTHERS = {
    "parliament": ("parliament==1.6.4", "setuptools<80"),
    "iam-validator": ("iam-policy-validator==1.31.4",),
}


def main() -> None:
    """Lint every default version, without and with proofs; then run the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    django.setup()
    from tests.catalog.corpus import documents_by_name

    documents = documents_by_name()
    for name, goal in GOALS.items():
        took, findings = lint(list(documents.values()), proves=name == "with proofs")
        counts = Counter(findings)
        print(f"policyhub, {name}: {took:.1f} s, goal {goal:g} s ({took / goal:.0%}); {counts}")
    if options.others:
        with tempfile.TemporaryDirectory() as folder:
            run_others(Path(folder), documents)


def lint(documents: list[str], *, proves: bool) -> tuple[float, list[str]]:
    """The seconds that linting takes, and the type of each finding."""
    from policyhub.catalog.facts.services import get_service_facts
    from policyhub.judge.lint.linting import findings_of

    get_service_facts().reference.read_whole()
    began = time.process_time()
    found = [
        each.type
        for text in documents
        for each in findings_of(text, is_aws_managed=True, proves=proves)
    ]
    return time.process_time() - began, found


def run_others(folder: Path, documents: dict[str, str]) -> None:
    """Install the other linters, run each over a folder of all documents, print its time."""
    policies, services = folder / "policies", folder / "services"
    policies.mkdir()
    for name, text in documents.items():
        (policies / f"{name}.json").write_text(text, encoding="utf-8")
    write_services(services)
    commands = {
        "parliament": ["--directory", str(policies), "--json"],
        "iam-validator": [
            "validate", "--path", str(policies), "--format", "json", "--policy-type",
            "IDENTITY_POLICY", "--aws-services-dir", str(services),
        ],
    }  # fmt: skip
    for name, arguments in commands.items():
        run_other(folder / name, name, arguments)


def run_other(folder: Path, name: str, arguments: list[str]) -> None:
    subprocess.run(["uv", "venv", "-q", "--python", "3.11", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, *OTHERS[name]], check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([folder / "bin" / name, *arguments], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = f"{len(ran.stdout):,} bytes of findings"
    if not ran.stdout:
        told = f"it ends with: {ran.stderr.decode().strip().splitlines()[-1]}"
    print(f"{name}: {took:.1f} s, exit {ran.returncode}, {told}")


def write_services(folder: Path) -> None:
    """The reference in the form of AWS's service reference information."""
    from policyhub.catalog.reference.in_memory import get_reference

    folder.mkdir()
    services = get_reference().services
    listed = [{"service": prefix, "url": f"https://localhost/{prefix}.json"} for prefix in services]
    (folder / "_services.json").write_text(json.dumps(listed), encoding="utf-8")
    for prefix, service in services.items():
        told = {
            "Name": prefix,
            "Version": "v1",
            "Actions": [
                {
                    "Name": each.name,
                    "ActionConditionKeys": list(each.condition_keys),
                    "Resources": [{"Name": kind.name} for kind in each.resource_types],
                }
                for each in service.actions
            ],
            "Resources": [
                {
                    "Name": each.name,
                    "ARNFormats": list(each.formats),
                    "ConditionKeys": list(each.condition_keys),
                }
                for each in service.resource_types
            ],
            "ConditionKeys": [
                {"Name": each.name, "Types": [each.type]} for each in service.condition_keys
            ],
        }
        (folder / f"{prefix}.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
