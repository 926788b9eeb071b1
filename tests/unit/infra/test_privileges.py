"""The comparison of calls with policies, and where the calls come from."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from spotify_lake.engine.storage import HadoopFiles
from tests.privileges.job_files import OPERATIONS, needed_by_operation
from tests.privileges.policies import Call, Grant, compare, grants_of
from tests.privileges.resources import Needed, UnknownOperation, arn, needed
from tests.privileges.s3_requests import S3Request, s3_needed
from tests.privileges.state_machine import needed_by_tasks

READ = Call("fetch", "s3:GetObject", "arn:aws:s3:::raw/spotify/a.json")
LIST = Call("fetch", "s3:ListBucket", "arn:aws:s3:::raw")
MAY_READ = Grant("fetch", "s3:GetObject", "arn:aws:s3:::raw/spotify/*")
MAY_LIST = Grant("fetch", "s3:ListBucket", "arn:aws:s3:::raw")


def test_a_role_that_may_do_what_it_does_is_in_order() -> None:
    assert compare([READ, LIST], [MAY_READ, MAY_LIST]) == ([], [])


def test_an_action_that_is_taken_from_a_policy_is_found() -> None:
    assert compare([READ, LIST], [MAY_READ]).not_allowed == ["fetch: s3:ListBucket on arn:aws:s3:::raw"]


def test_an_action_that_is_added_to_a_policy_is_found() -> None:
    added = Grant("fetch", "s3:DeleteObject", "arn:aws:s3:::raw/spotify/*")
    assert compare([READ, LIST], [MAY_READ, MAY_LIST, added]).never_called == [
        "fetch: s3:DeleteObject on arn:aws:s3:::raw/spotify/*"
    ]


def test_a_resource_that_is_narrowed_to_another_prefix_is_found_in_both_directions() -> None:
    narrowed = Grant("fetch", "s3:GetObject", "arn:aws:s3:::raw/drop/*")
    assert compare([READ], [narrowed]) == (
        ["fetch: s3:GetObject on arn:aws:s3:::raw/spotify/a.json"],
        ["fetch: s3:GetObject on arn:aws:s3:::raw/drop/*"],
    )


def test_what_another_role_may_do_does_not_count() -> None:
    assert compare([READ], [MAY_READ._replace(role="report")]).not_allowed


@pytest.mark.parametrize(
    ("action", "resource", "is_allowed"),
    [
        ("S3:getobject", "arn:aws:s3:::raw/spotify/*", True),
        ("s3:Get*", "arn:aws:s3:::raw/*.json", True),
        ("s3:*", "*", True),
        ("s3:GetObject", "arn:aws:s3:::raw/spotify/?.json", True),
        ("s3:GetObject", "arn:aws:s3:::raw/spotify/??.json", False),
        ("s3:GetObject", "arn:aws:s3:::RAW/spotify/*", False),
        ("s3:GetObject", "arn:aws:s3:::raw/[s]potify/*", False),
        ("s3:GetObjectVersion", "*", False),
    ],
)
def test_wildcards_are_matched_as_iam_does(action: str, resource: str, *, is_allowed: bool) -> None:
    assert Grant("fetch", action, resource).allows(READ) == is_allowed


def test_a_policy_is_each_of_its_pairs_of_action_and_resource() -> None:
    statements = [
        {"Effect": "Allow", "Action": "a:One", "Resource": ["x", "y"]},
        {"Effect": "Allow", "Action": ["a:Two"], "Resource": "x"},
    ]
    found = list(grants_of("r", {"Statement": statements}))
    assert found == [Grant("r", "a:One", "x"), Grant("r", "a:One", "y"), Grant("r", "a:Two", "x")]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "a:One", "Resource": "x"},
        {"Effect": "Allow", "NotAction": "a:One", "Resource": "x"},
    ],
)
def test_a_statement_that_cannot_be_compared_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="r: only statements that allow"):
        list(grants_of("r", {"Statement": statement}))


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/b/k/1", "", [("s3:GetObject", "b/k/1")]),
        ("HEAD", "/b/k", "", [("s3:GetObject", "b/k")]),
        ("GET", "/b", "list-type=2&prefix=k", [("s3:ListBucket", "b")]),
        ("GET", "/b", "location", [("s3:GetBucketLocation", "b")]),
        ("GET", "/b", "uploads", [("s3:ListBucketMultipartUploads", "b")]),
        ("PUT", "/b/k", "", [("s3:PutObject", "b/k")]),
        ("POST", "/b/k", "uploads", [("s3:PutObject", "b/k")]),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", [("s3:PutObject", "b/k")]),
        ("GET", "/b/k", "uploadId=u", [("s3:ListMultipartUploadParts", "b/k")]),
        ("DELETE", "/b/k", "uploadId=u", [("s3:AbortMultipartUpload", "b/k")]),
        ("DELETE", "/b/k", "", [("s3:DeleteObject", "b/k")]),
    ],
)
def test_a_request_of_s3_needs_its_action(
    method: str, path: str, query: str, expected: list[tuple[str, str]]
) -> None:
    found = s3_needed(S3Request(method, path, query), 200)
    assert found == [Needed(action, f"arn:aws:s3:::{resource}") for action, resource in expected]


def test_a_deletion_of_several_objects_needs_each() -> None:
    body = b"<Delete><Object><Key>x</Key></Object><Object><Key>y/z</Key></Object></Delete>"
    assert [each.resource for each in s3_needed(S3Request("POST", "/b", "delete", body=body), 200)] == [
        "arn:aws:s3:::b/x",
        "arn:aws:s3:::b/y/z",
    ]


def test_a_copy_needs_its_source() -> None:
    found = s3_needed(S3Request("PUT", "/b/k", headers={"x-amz-copy-source": "other/a%20b"}), 200)
    assert Needed("s3:GetObject", "arn:aws:s3:::other/a b") in found


def test_to_learn_that_an_object_does_not_exist_a_role_must_be_able_to_list_the_bucket() -> None:
    assert Needed("s3:ListBucket", "arn:aws:s3:::b") in s3_needed(S3Request("GET", "/b/k"), 404)


def test_an_operation_on_a_table_needs_its_database_and_the_catalog() -> None:
    parameters = {"DatabaseName": "lake", "Name": "tracks"}
    assert [each.resource for each in needed("glue", "GetTable", parameters, str)] == [
        arn("glue", "catalog"),
        arn("glue", "database/lake"),
        arn("glue", "table/lake/tracks"),
    ]


def test_an_operation_that_is_not_known_is_an_error() -> None:
    with pytest.raises(UnknownOperation, match="rds:CreateDBInstance"):
        needed("rds", "CreateDBInstance", {}, str)
    with pytest.raises(UnknownOperation, match="PATCH"):
        s3_needed(S3Request("PATCH", "/b/k"), 200)


def test_a_task_that_waits_for_a_job_needs_to_follow_and_to_stop_it() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Arguments": {"JobName": "{% $redriven ? $error('Take the lease again.') : 'normalize' %}"},
    }
    actions = ("StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun")
    assert needed_by_tasks({"States": {"A": task, "B": {"Type": "Pass"}}}) == {
        Needed(f"glue:{action}", arn("glue", "job/normalize")) for action in actions
    }


def test_a_task_of_an_unknown_kind_is_an_error() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke.waitForTaskToken", "Arguments": {}}
    with pytest.raises(NotImplementedError, match="http:invoke"):
        needed_by_tasks({"States": {"A": task}})


def test_every_file_operation_of_the_jobs_is_known() -> None:
    operations = {
        f"HadoopFiles.{name}"
        for name, _ in inspect.getmembers(HadoopFiles, inspect.isfunction)
        if not name.startswith("_")
    }
    assert operations == {name for name in OPERATIONS if name.startswith("HadoopFiles.")}


def test_a_file_that_is_written_is_put_and_can_be_aborted() -> None:
    found = set(needed_by_operation("HadoopFiles.write_text", "s3://curated/_runs/a.json"))
    assert Needed("s3:PutObject", "arn:aws:s3:::curated/_runs/a.json") in found
    assert Needed("s3:AbortMultipartUpload", "arn:aws:s3:::curated/_runs/a.json") in found
    assert Needed("s3:ListBucket", "arn:aws:s3:::curated") in found
