"""Reads the packaging files as their own tools would, and says as JSON what they made of them.

Usage: check.py CHART COMPOSE-FILE < CASES

CASES is a list of {"name", "values"}. The chart is linted with the values of each case and rendered by Helm; what was
rendered is checked against the strict schemas of each Kubernetes version the chart is for.
"""

import json
import sys

import compose_spec
import helm_python as helm
import kubernetes_validate
import yaml
from packaging.version import Version

OLDEST = Version("1.28")


def rendered(chart, case):
    """The documents of one case, or why there are none."""
    try:
        files = chart.render(values=case["values"], name="home", namespace="jarvis")
    except helm.HelmError as error:
        return {"name": case["name"], "refused": str(error)}
    notes = "".join(text for path, text in files.items() if path.endswith("NOTES.txt"))
    documents = [
        document
        for path, text in sorted(files.items())
        if not path.endswith("NOTES.txt")
        for document in yaml.safe_load_all(text)
        if document
    ]
    wrong = []
    versions = [version for version in kubernetes_validate.utils.all_versions() if Version(version) >= OLDEST]
    for version in dict.fromkeys(".".join(version.split(".")[:2]) for version in versions):
        for document in documents:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                wrong.append(f"{version}: {document['kind']}: {error.message}")
    return {"name": case["name"], "documents": documents, "notes": notes, "wrong": wrong}


def linted(path, case):
    said = helm.lint(path, values=case["values"])
    return [message for message in said["messages"] if message["severity"] > 1] + said["errors"]


def main():
    path, compose_path = sys.argv[1:]
    cases = json.load(sys.stdin)
    with helm.Chart.load(path) as chart:
        cases = [rendered(chart, case) | {"lint": linted(path, case)} for case in cases]
    with open(compose_path, encoding="utf-8") as file:
        compose = compose_spec.PyCompose.from_yaml(file.read())
    compose.validate()
    compose.to_spec()
    json.dump({"helm": helm.helm_sdk_version(), "cases": cases, "compose": compose.to_dict()}, sys.stdout)


main()
