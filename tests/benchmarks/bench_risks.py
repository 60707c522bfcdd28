"""How long it takes to judge the risks of AWS's policies, and what another checker claims, by hand:

    uv run --group dev python -m tests.benchmarks.bench_risks
    uv run --group dev python -m tests.benchmarks.bench_risks --others

Times are of the processor, after start-up. With `--others` the checker `iam-to-english` (MIT) is
installed by `uv` into a temporary folder and run over the same documents; each of its claims is
then found by a proof, or refuted: by a path that is ruled out, or by an action that nothing grants.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import django

if TYPE_CHECKING:
    from policyhub.judge.risks.risk import Risk

GOAL_SECONDS = 2.0
CHECKER = "iam-to-english==1.0.0"
# Run by the checker's own Python: a line for each claim, the seconds at the end.
SCRIPT = """
import json, sys, time
from iam_to_english.escalation import detect_privilege_escalations
from iam_to_english.parser import parse_policy
documents = json.load(open(sys.argv[1], encoding="utf-8"))
began = time.process_time()
for name, text in documents.items():
    for found in detect_privilege_escalations(parse_policy(json.loads(text))):
        print(json.dumps([name, found.id, found.involved_actions]))
print(json.dumps(time.process_time() - began))
"""
PASSING = "iam:PassRole"


class OtherClaim(NamedTuple):
    """What the checker claims of a policy: by its own name, and the actions that it found."""

    policy: str
    vector: str
    actions: frozenset[str]


def main() -> None:
    """Judge every default version; then run the other checker and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyhub.settings")
    django.setup()
    from tests.catalog.corpus import documents_by_name

    documents = documents_by_name()
    took, found = judged(documents)
    answers = Counter(each.answer for risks in found.values() for each in risks)
    print(f"policyhub: {took:.2f} s, goal {GOAL_SECONDS:g} s; {dict(answers)}")
    if options.others:
        seconds, claims = other_claims(documents)
        print(f"{CHECKER}: {seconds:.2f} s, {len(claims)} claims")
        compare(claims, found)


def judged(documents: Mapping[str, str]) -> tuple[float, dict[str, tuple[Risk, ...]]]:
    """The seconds that judging takes, with the documents at hand as the catalogue has them."""
    from policyhub.catalog.facts.services import get_service_facts
    from policyhub.judge.risks.attached import JudgedDocument
    from policyhub.judge.risks.judging import known_vocabulary, risks_of
    from tests.catalog.corpus import corpus

    read = [JudgedDocument(name, documents[name], policy) for name, policy in corpus().items()]
    get_service_facts().reference.read_whole()
    known_vocabulary()
    began = time.process_time()
    found = {each.name: risks_of(each) for each in read}
    return time.process_time() - began, found


def other_claims(documents: Mapping[str, str]) -> tuple[float, list[OtherClaim]]:
    """The seconds of the checker's processor, and its claims."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["uv", "venv", "-q", "--python", "3.11", folder], check=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run(["uv", "pip", "install", "-q", "--python", python, CHECKER], check=True)
        given = Path(folder) / "documents.json"
        given.write_text(json.dumps(documents), encoding="utf-8")
        ran = subprocess.run(
            [python, "-c", SCRIPT, given], capture_output=True, check=True, text=True
        )
    *lines, seconds = map(json.loads, ran.stdout.splitlines())
    return seconds, [OtherClaim(name, vector, frozenset(each)) for name, vector, each in lines]


def compare(claims: Sequence[OtherClaim], found: Mapping[str, Sequence[Risk]]) -> None:
    """Print how many claims are found and refuted, and each that is neither."""
    verdicts = [(settled(each, found[each.policy]), each) for each in claims]
    print(dict(Counter(verdict for verdict, _ in verdicts)))
    for verdict, each in verdicts:
        if verdict in ("neither", "refuted"):
            print(f"  {verdict}: {each.policy}, {each.vector}: {', '.join(sorted(each.actions))}")


def settled(claim: OtherClaim, risks: Sequence[Risk]) -> str:
    """Whether a path of the claimed actions is proved, or every such path is ruled out."""
    of_claim = list(paths_of(claim, risks))
    if any(each.is_claimed for each in of_claim):
        return "found"
    is_refuted = of_claim and all(each.answer == "ruled-out" for each in of_claim)
    return "refuted" if is_refuted else "neither"


def paths_of(claim: OtherClaim, risks: Sequence[Risk]) -> Iterator[Risk]:
    """The judged paths that take one of the claimed actions, with a passed role where it does."""
    passes = PASSING in claim.actions
    own = claim.actions - {PASSING}
    for each in risks:
        actions = set(each.actions)
        if actions & own and (PASSING in actions) is passes:
            yield each


if __name__ == "__main__":
    main()
