"""Packaging: what `sam package` and SAM's transform do."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.local.aws import LocalAws
from infra.local.aws.packaging import PACKAGES_BUCKET, PackagingError, discard_packages, package, zipped

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Size: {Type: Number, Default: 256}
Globals:
  Function: {CodeUri: ../code/, Runtime: python3.11, Handler: app.handler}
Resources:
  First:
    Type: AWS::Serverless::Function
    Properties: {MemorySize: !Ref Size, Layers: [!Ref Shared]}
  Second:
    Type: AWS::Serverless::Function
    Properties: {Policies: [AWSLambdaBasicExecutionRole]}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: ../layer/}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: machine.json, Role: arn:aws:iam::123456789012:role/any}
"""


@pytest.fixture
def template(tmp_path: Path, local_aws: LocalAws) -> Path:
    files = {
        "code/app.py": "def handler(event, context): ...",
        "layer/shared.py": "",
        "infra/machine.json": '{"StartAt": "P"}',
        "infra/template.yaml": TEMPLATE,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "infra" / "template.yaml"


@pytest.fixture
def packaged(local_aws: LocalAws, template: Path) -> Any:
    yield package(local_aws, template, parameters={})["Resources"]
    discard_packages(local_aws)


def read(local_aws: LocalAws, bucket: str, key: str) -> bytes:
    body: bytes = local_aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def test_each_folder_is_in_s3_once_under_a_name_made_of_its_content(
    local_aws: LocalAws, packaged: Any
) -> None:
    first, second = packaged["First"]["Properties"]["Code"], packaged["Second"]["Properties"]["Code"]
    assert first == second
    archive = zipfile.ZipFile(io.BytesIO(read(local_aws, first["S3Bucket"], first["S3Key"])))
    assert archive.namelist() == ["app.py"]


def test_paths_are_relative_to_the_templates_folder(local_aws: LocalAws, packaged: Any) -> None:
    definition = packaged["Machine"]["Properties"]["DefinitionS3Location"]
    assert json.loads(read(local_aws, definition["Bucket"], definition["Key"])) == {"StartAt": "P"}
    (layer,) = [r for r in packaged.values() if r["Type"] == "AWS::Lambda::LayerVersion"]
    content = layer["Properties"]["Content"]
    archive = zipfile.ZipFile(io.BytesIO(read(local_aws, content["S3Bucket"], content["S3Key"])))
    assert archive.namelist() == ["shared.py"]


def test_sam_becomes_plain_cloudformation_with_a_role_for_each_function(packaged: Any) -> None:
    assert not [r for r in packaged.values() if r["Type"].startswith("AWS::Serverless")]
    managed = packaged["SecondRole"]["Properties"]["ManagedPolicyArns"]
    assert "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" in managed


def test_the_packages_are_deleted_after_the_deployment(local_aws: LocalAws, template: Path) -> None:
    package(local_aws, template, parameters={})
    discard_packages(local_aws)
    assert PACKAGES_BUCKET not in [
        bucket["Name"] for bucket in local_aws.client("s3").list_buckets()["Buckets"]
    ]


def test_a_zip_depends_on_the_files_alone(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "b.py").write_text("b")
    (folder / "a.py").write_text("a")
    first = zipped(folder)
    os.utime(folder / "a.py", (0, 0))
    (folder / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"compiled")
    assert zipped(folder) == first
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["a.py", "b.py"]


def test_a_path_that_does_not_exist_is_named_with_its_resource(local_aws: LocalAws, template: Path) -> None:
    template.write_text(TEMPLATE.replace("../layer/", "../no-such-folder/"))
    try:
        with pytest.raises(PackagingError, match=r"ContentUri of Shared is \.\./no-such-folder/"):
            package(local_aws, template, parameters={})
    finally:
        discard_packages(local_aws)


def test_a_template_that_is_not_sam_is_refused_with_sams_reason(local_aws: LocalAws, template: Path) -> None:
    template.write_text(TEMPLATE.replace("Handler: app.handler", "Handler: app.handler, Nonsense: 1"))
    try:
        with pytest.raises(PackagingError, match="Nonsense"):
            package(local_aws, template, parameters={})
    finally:
        discard_packages(local_aws)


def test_a_missing_template_is_reported(local_aws: LocalAws, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"none\.yaml"):
        package(local_aws, tmp_path / "none.yaml", parameters={})
