"""`make report`: the newest report page of a lake on this machine, or a link to that of a stack on AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from build_report.places import LATEST
from infra.local.lake_folder import OBJECTS
from infra.local.problems import UserProblem

LINK_SECONDS: Final = 3600
_BUCKET: Final = "CuratedBucketName"


class NoReport(UserProblem):
    """The lake has no report page."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        super().__init__(
            f"The lake {lake} has no report: a run writes it after the marts. Start one with `make run`, or"
            " name another lake with LAKE=<folder>."
        )


class StackReportMissing(UserProblem):
    """There is no link to the report of a stack."""

    def __init__(self, stack: str, reason: str, remedy: str) -> None:
        self.stack = stack
        super().__init__(f"There is no link to the report of the stack '{stack}': {reason} {remedy}")


def newest_page(lake: Path) -> Path:
    """Return the file of a lake's newest report.

    Raises:
        NoReport: there is none.
    """
    pages = list((lake / OBJECTS).glob(f"*/{LATEST}"))
    if not pages:
        raise NoReport(lake)
    return max(pages, key=lambda path: path.stat().st_mtime).absolute()


def page_of(lake: Path, uri: str) -> Path:
    """Return the file of a page in a lake's folder from its s3:// URI."""
    return lake / OBJECTS / uri.removeprefix("s3://")


def presigned_link(stack: str) -> str:
    """Return a link that opens the newest report of a stack for an hour, without a login.

    Account, region and permissions are those of the AWS environment.

    Raises:
        StackReportMissing: AWS cannot be asked, or there is no such stack or report.
    """
    try:
        bucket = _curated_bucket(stack)
        s3 = boto3.client("s3")
        s3.head_object(Bucket=bucket, Key=LATEST)
        return s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": LATEST}, ExpiresIn=LINK_SECONDS
        )
    except BotoCoreError as error:
        raise StackReportMissing(
            stack, f"AWS cannot be asked ({error}).", "Set AWS_PROFILE or credentials, and AWS_REGION."
        ) from error
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            raise StackReportMissing(
                stack, "it has no report yet.", "A run writes it after the marts."
            ) from error
        raise StackReportMissing(
            stack,
            f"{error.response['Error'].get('Message', error)}.",
            "Check the stack's name, AWS_PROFILE and AWS_REGION.",
        ) from error


def _curated_bucket(stack: str) -> str:
    described: Any = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    if _BUCKET not in outputs:
        raise StackReportMissing(
            stack, f"it has no output {_BUCKET}.", "Name a stack of this project's template: STACK=<name>."
        )
    return str(outputs[_BUCKET])
