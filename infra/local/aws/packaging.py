"""Package a template as `sam package` does: upload its folders to S3, translate SAM to CloudFormation."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from infra.local.aws.context import Aws

# Filled for a deployment and emptied after it: the services keep their own copy of the code.
PACKAGES_BUCKET = "sam-packages"

# The property of a SAM resource that may name a local path.
_LOCAL_FOLDERS = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_STATE_MACHINE = "AWS::Serverless::StateMachine"
_EARLIEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class PackagingError(RuntimeError):
    """The template cannot be packaged.

    Attributes:
        template: the template.
        reason: what is wrong, with the resource's name where there is one.
    """

    def __init__(self, template: Path, reason: str) -> None:
        self.template = template
        self.reason = reason
        super().__init__(f"{template} cannot be packaged: {reason}")


def package(local: Aws, template: Path, *, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Upload what the template refers to, and translate it.

    Args:
        local: where the packages go.
        template: the SAM template; its paths are relative to its own folder.
        parameters: values for its parameters.

    Returns:
        A CloudFormation template.

    Raises:
        PackagingError: a path does not exist, or the template is not valid SAM.
    """
    try:
        # Through JSON, so that the uses of a YAML anchor do not share one value.
        document = json.loads(json.dumps(yaml_parse(template.read_text()), default=str))
    except OSError as error:
        raise PackagingError(template, str(error)) from error
    local.client("s3").create_bucket(Bucket=PACKAGES_BUCKET, **_location(local.region))
    _Uploads(local, template).replace_paths(document)
    return _translate(local, template, document, parameters)


def discard_packages(local: Aws) -> None:
    """Remove the packages, so that they are not kept as a part of the lake."""
    s3 = local.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=PACKAGES_BUCKET):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=PACKAGES_BUCKET, Key=found["Key"])
    s3.delete_bucket(Bucket=PACKAGES_BUCKET)


def zipped(folder: Path) -> bytes:
    """Return the folder as a zip, without compiled Python: the same bytes for the same files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(folder):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EARLIEST_ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            yield path


class _Uploads:
    """Uploads local folders and files to the bucket for packages, each once."""

    def __init__(self, local: Aws, template: Path) -> None:
        self._s3 = local.client("s3")
        self._template = template
        self._uploaded: dict[Path, str] = {}

    def replace_paths(self, document: dict[str, Any]) -> None:
        """Replace local paths by S3 addresses, in the document itself."""
        function_defaults = document.get("Globals", {}).get("Function", {})
        self._replace("Globals", function_defaults, "CodeUri")
        for name, resource in document.get("Resources", {}).items():
            properties = resource.get("Properties", {})
            if resource.get("Type") in _LOCAL_FOLDERS:
                self._replace(name, properties, _LOCAL_FOLDERS[resource["Type"]])
            if resource.get("Type") == _STATE_MACHINE:
                self._replace(name, properties, "DefinitionUri")

    def _replace(self, resource: str, properties: dict[str, Any], name: str) -> None:
        value = properties.get(name)
        if isinstance(value, str) and not value.startswith("s3://"):
            properties[name] = {"Bucket": PACKAGES_BUCKET, "Key": self._key(resource, name, value)}

    def _key(self, resource: str, name: str, value: str) -> str:
        path = (self._template.parent / value).resolve()
        if path not in self._uploaded:
            if not path.exists():
                raise PackagingError(self._template, f"{name} of {resource} is {value}: there is no {path}")
            body = zipped(path) if path.is_dir() else path.read_bytes()
            self._uploaded[path] = hashlib.sha256(body).hexdigest()
            self._s3.put_object(Bucket=PACKAGES_BUCKET, Key=self._uploaded[path], Body=body)
        return self._uploaded[path]


def _translate(
    local: Aws, template: Path, document: dict[str, Any], parameters: Mapping[str, str]
) -> dict[str, Any]:
    translator = Translator(
        get_bundled_managed_policy_map("aws"), Parser(), boto_session=boto3.Session(region_name=local.region)
    )
    given = {"AWS::Region": local.region, "AWS::AccountId": local.account_id, "AWS::Partition": "aws"}
    try:
        translated: dict[str, Any] = translator.translate(document, parameter_values={**given, **parameters})
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise PackagingError(template, causes or error.message) from error
    return translated


def _location(region: str) -> dict[str, Any]:
    """us-east-1 is S3's default and may not be named."""
    if region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}
