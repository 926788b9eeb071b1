"""What AWS's services call themselves with the roles of the stack.

No test can see these calls. Each entry has the reason why the call is made, from AWS's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.privileges.deployed import Deployed
from tests.privileges.policies import Call
from tests.privileges.resources import arn, catalog
from tests.privileges.s3_requests import object_arn

MANAGED_POLICIES: Final = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": (
        "SAM attaches it to the role of every function: Lambda writes the function's log with it"
    ),
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess": (
        "SAM attaches it to the role of each traced function; the actions cannot be limited to a resource"
    ),
}
_READ_CATALOG: Final = ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition")
_OF_DATABASE: Final = frozenset({"GetDatabase"})
_WRITE_PARTITIONS: Final = (
    "CreatePartition",
    "BatchCreatePartition",
    "UpdatePartition",
    "BatchUpdatePartition",
)
_RESULTS_OF_BUCKET: Final = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_RESULTS_OF_OBJECT: Final = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
)
_LOGS: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_XRAY: Final = tuple(
    f"xray:{name}"
    for name in ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
)
_LOG_DELIVERY: Final = tuple(
    f"logs:{name}"
    for name in (
        *(
            "CreateLogDelivery",
            "GetLogDelivery",
            "UpdateLogDelivery",
            "DeleteLogDelivery",
            "ListLogDeliveries",
        ),
        *("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
    )
)


class ByAws(NamedTuple):
    """Calls that a service makes with a role.

    Attributes:
        role: the role's name.
        actions: IAM actions.
        resources: each action is called on each of them.
        why: why the service calls them.
    """

    role: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str

    def calls(self) -> Iterator[Call]:
        """Return each call."""
        return (Call(self.role, action, resource) for action in self.actions for resource in self.resources)


def by_aws(deployed: Deployed, queried_by: set[str]) -> Iterator[ByAws]:
    """Return what the services call.

    Args:
        deployed: the stack.
        queried_by: the roles that start queries in Athena.
    """
    for role in queried_by:
        yield from _athena(deployed, role)
    for role in deployed.jobs.values():
        yield from _glue_job(deployed, role)
    for role in deployed.crawlers.values():
        yield from _crawler(deployed, role)
    yield ByAws(deployed.state_machine, _XRAY, ("*",), "Step Functions sends traces")
    yield ByAws(
        deployed.state_machine, _LOG_DELIVERY, ("*",), "Step Functions sets up the delivery of its log"
    )


def _athena(deployed: Deployed, role: str) -> Iterator[ByAws]:
    results, curated = deployed.results_bucket, deployed.outputs["CuratedBucketName"]
    why = "Athena writes results with the role of the caller, large ones in parts"
    yield ByAws(role, _RESULTS_OF_BUCKET, (object_arn(results),), why)
    yield ByAws(role, _RESULTS_OF_OBJECT, (object_arn(results, "results/*"),), why)
    database = deployed.outputs["AthenaDatabase"]
    why = "Athena reads the database default at each query"
    yield from _catalog(role, ("GetDatabase",), "default", why)
    if role == deployed.state_machine:
        why = "a SELECT reads the catalog and the tables' files with the role of the caller"
        yield from _catalog(role, _READ_CATALOG, database, why)
        yield ByAws(role, ("s3:GetObject",), (object_arn(curated, "*"),), why)
        yield ByAws(role, ("s3:ListBucket", "s3:GetBucketLocation"), (object_arn(curated),), why)
    else:
        why = "CREATE OR REPLACE VIEW reads tables and writes the view with the role of the caller"
        yield from _catalog(role, ("GetDatabase", "GetTable", "CreateTable", "UpdateTable"), database, why)


def _glue_job(deployed: Deployed, role: str) -> Iterator[ByAws]:
    curated, artifacts = deployed.outputs["CuratedBucketName"], deployed.outputs["ArtifactsBucketName"]
    why = "Glue reads the script and the package before it starts the job"
    yield ByAws(role, ("s3:GetObject",), (object_arn(artifacts, "glue/*"),), why)
    yield ByAws(role, ("s3:ListBucket", "s3:GetBucketLocation"), (object_arn(artifacts),), why)
    yield ByAws(
        role,
        ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        (object_arn(artifacts, "spark-ui/*"),),
        "Spark writes its event log under a temporary name and renames it, which is a copy and a deletion",
    )
    buckets = [curated]
    if role == deployed.jobs[deployed.outputs["NormalizeJobName"]]:
        buckets.append(deployed.outputs["RawBucketName"])
    why = "S3A and Glue ask in which region a bucket is"
    yield ByAws(role, ("s3:GetBucketLocation",), tuple(object_arn(bucket) for bucket in buckets), why)
    yield ByAws(role, _LOGS, (arn("logs", "log-group:/aws-glue/*"),), "Glue writes the job's logs")
    yield ByAws(role, ("cloudwatch:PutMetricData",), ("*",), "Glue sends the job's metrics")


def _crawler(deployed: Deployed, role: str) -> Iterator[ByAws]:
    curated, database = deployed.outputs["CuratedBucketName"], deployed.outputs["AthenaDatabase"]
    why = "the crawler lists the tables' folders and reads the schemas of their files"
    yield ByAws(role, ("s3:ListBucket", "s3:GetBucketLocation"), (object_arn(curated),), why)
    yield ByAws(role, ("s3:GetObject",), (object_arn(curated, "*"),), why)
    why = "the crawler compares the catalog with what it found, and adds tables and partitions"
    tables = ("GetTables", "CreateTable", "UpdateTable")
    yield from _catalog(role, (*_READ_CATALOG, *tables, *_WRITE_PARTITIONS), database, why)
    yield ByAws(role, _LOGS, (arn("logs", "log-group:/aws-glue/crawlers*"),), "the crawler writes its log")


def _catalog(role: str, operations: tuple[str, ...], database: str, why: str) -> Iterator[ByAws]:
    for operation in operations:
        table = None if operation in _OF_DATABASE else "*"
        yield ByAws(role, (f"glue:{operation}",), tuple(catalog(database, table)), why)
