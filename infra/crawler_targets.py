"""Write the crawler's targets into the template, from the contract: `python -m infra.crawler_targets`.

AWS does not allow a change of the targets of a crawler that crawls new folders only. So the crawler's name
carries a hash of them: CloudFormation replaces the crawler when they change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import infra.local  # noqa: F401 - finds the packages below
from spotify_lake.contract.marts.registry import ALL_TABLES

TEMPLATE: Final = Path(__file__).parent / "template.yaml"
_NAME: Final = re.compile(r"(?<=Name: !Sub \$\{AWS::StackName\}-curated)(?:-[0-9a-f]+)?$", re.MULTILINE)
_TARGETS: Final = re.compile(r"(?<=        S3Targets:\n)(?:          - .*\n)+")
_HASH_LENGTH: Final = 8


def with_targets(template: str, tables: Iterable[str]) -> str:
    """Return the text of a template with the folder of each table as a target of the crawler.

    Raises:
        ValueError: the template's crawler does not have the expected lines.
    """
    paths = [f"s3://${{CuratedBucket}}/{table}/" for table in tables]
    digest = hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()[:_HASH_LENGTH]
    lines = "".join(f'          - {{Path: !Sub "{path}"}}\n' for path in paths)
    named, names = _NAME.subn(f"-{digest}", template)
    made, lists = _TARGETS.subn(lambda _: lines, named)
    if (names, lists) != (1, 1):
        raise ValueError(
            f"the template has {names} crawler names and {lists} lists of S3Targets where one of each is"
            " expected. Restore the lines `Name: !Sub ${AWS::StackName}-curated` and `S3Targets:`"
        )
    return made


if __name__ == "__main__":
    TEMPLATE.write_text(
        with_targets(TEMPLATE.read_text("utf-8"), [each.name for each in ALL_TABLES]), "utf-8"
    )
