"""A report as JUnit XML: a suite per document, a case per finding.

A finding at or above the threshold is a failure, one below it a case that passed with an output,
one that was accepted a case that was skipped. The format is that of the Ant task, as CI services
read it.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from policyhub.judge.reporting.finding import ReportedFinding
from policyhub.judge.reporting.report import JudgedSource, Report

# Characters that XML 1.0 can't contain.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def in_junit(report: Report) -> str:
    """The report as an XML document."""
    root = Element("testsuites", name=f"policyhub {report.kind.command}")
    failures = tests = 0
    for result in report.results:
        suite = _suite(root, report, result)
        failures += int(suite.get("failures", "0"))
        tests += int(suite.get("tests", "0"))
    root.set("tests", str(tests))
    root.set("failures", str(failures))
    root.set("errors", "0")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, report: Report, result: JudgedSource) -> Element:
    cases = max(1, len(result.findings) + len(result.accepted))
    failing = [each for each in result.findings if report.kind.counts(each.type, report.threshold)]
    counts = {
        "tests": str(cases),
        "failures": str(len(failing)),
        "errors": "0",
        "skipped": str(len(result.accepted)),
    }
    suite = SubElement(root, "testsuite", {"name": _xml(result.source), **counts})
    for each in result.findings:
        _case(suite, result, each, each in failing)
    for accepted in result.accepted:
        skipped = _named_case(suite, result, accepted.finding)
        SubElement(skipped, "skipped", message=_xml(f"accepted: {accepted.reason}"))
    if not result.findings and not result.accepted:
        SubElement(suite, "testcase", classname=_xml(result.source), name="nothing found")
    return suite


def _case(suite: Element, result: JudgedSource, finding: ReportedFinding, fails: bool) -> None:
    case = _named_case(suite, result, finding)
    told = _xml(_details(finding))
    if fails:
        failure = SubElement(case, "failure", type=finding.type, message=_xml(finding.message))
        failure.text = told
    else:
        SubElement(case, "system-out").text = told


def _named_case(suite: Element, result: JudgedSource, finding: ReportedFinding) -> Element:
    name = f"{finding.code} {finding.path}".rstrip()
    case = SubElement(suite, "testcase", classname=_xml(result.source), name=_xml(name))
    if result.file:
        case.set("file", _xml(result.file))
    if finding.line:
        case.set("line", str(finding.line))
    return case


def _details(finding: ReportedFinding) -> str:
    lines = [f"{finding.type}: {finding.message}"]
    if finding.line:
        lines.append(f"line {finding.line}, column {finding.column}")
    if finding.fix is not None:
        lines.append(f"fix: {finding.fix.description}")
    return "\n".join([*lines, finding.reference]).rstrip()


def _xml(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
