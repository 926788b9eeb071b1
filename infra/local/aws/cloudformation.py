"""CloudFormation: a stack in moto in which every resource is created, or the deployment fails.

Moto's CloudFormation ignores unknown types with a warning, and unknown properties silently. Here each type
has a function in `cloudformation_resources` that creates it through the service's API. Moto creates a few
simple types. Any other type fails the deployment.
"""

import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends

from infra.local.aws.cloudformation_resources import RESOURCE_TYPES, Created, Request
from infra.local.aws.context import Aws
from infra.local.aws.custom_resources import create_custom_resource
from infra.local.aws.patches import original, replace

# Types that moto creates correctly, by the property that names the resource.
CREATED_BY_MOTO = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "PolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
}
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
_LONGEST_NAME = 63  # of a bucket; roles and functions may have 64 characters


class DeploymentFailed(RuntimeError):
    """A resource of the stack could not be created.

    Attributes:
        resource: the resource's logical id; the stack's name if it is not a single resource that failed.
        resource_type: such as `AWS::Glue::Job`.
        reason: why.
    """

    def __init__(self, resource: str, resource_type: str, reason: str) -> None:
        self.resource = resource
        self.resource_type = resource_type
        self.reason = reason
        super().__init__(f"{resource} ({resource_type}) could not be created: {reason}")


def install(local: Aws) -> None:
    """Add the resource types of this project to moto's CloudFormation, and make it fail on errors."""

    def class_from_type(resource_type: str) -> Any:
        if resource_type in CREATED_BY_MOTO:
            return parsing.get_model_map()[resource_type]
        return _ResourceFactory(local, resource_type)

    replace(parsing, "resource_class_from_type", class_from_type)
    replace(parsing, "resource_name_property_from_type", _name_property)
    replace(parsing, "generate_resource_name", generated_name)
    _name_the_resource_that_fails()


def create_stack(
    local: Aws, template: dict[str, Any], *, stack_name: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create all resources of a template.

    Args:
        local: where.
        template: plain CloudFormation, as `packaging.package` gives it. Not changed.
        stack_name: the stack's name.
        parameters: values for the template's parameters; the others have their defaults.

    Returns:
        The stack's outputs, by name.

    Raises:
        DeploymentFailed: a resource could not be created. The resources created before it remain.
    """
    unknown = sorted(set(parameters) - set(template.get("Parameters", {})))
    if unknown:
        raise DeploymentFailed(stack_name, "stack", f"the template has no parameter {', '.join(unknown)}")
    backend = cloudformation_backends[local.account_id][local.region]
    body = json.dumps({**template, "Parameters": _stored_parameters(template)})
    try:
        # Not through the API, which reports a failure as status 500 without a reason.
        backend.create_stack(name=stack_name, template=body, parameters=dict(parameters))
    except DeploymentFailed:
        raise
    except Exception as error:
        raise DeploymentFailed(stack_name, "stack", _reason(error)) from error
    (described,) = local.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


@functools.wraps(parsing.generate_resource_name)
def generated_name(resource_type: str, stack_name: str, logical_id: str) -> str:
    """Return the name of a resource that has none in the template: the same on each deployment.

    Moto's names end in random letters, as on AWS. But here each process deploys the stack again, and the
    buckets must have the names under which the lake was saved.
    """
    seed = f"{stack_name}/{resource_type}/{logical_id}".encode()
    suffix = base64.b32encode(hashlib.sha256(seed).digest()).decode()[:12]
    name = f"{stack_name}-{logical_id}"[: _LONGEST_NAME - len(suffix) - 1].rstrip("-") + f"-{suffix}"
    return name.lower() if resource_type == "AWS::S3::Bucket" else name


def _name_property(resource_type: str) -> str | None:
    known = RESOURCE_TYPES.get(resource_type)
    return known.name_property if known else CREATED_BY_MOTO.get(resource_type)


def _stored_parameters(template: dict[str, Any]) -> dict[str, Any]:
    """The parameters, without those that AWS itself stores in Systems Manager (`/aws/service/...`).

    They hold addresses of AWS's own resources, which do not exist here. The parameter's name is the value.
    """
    parameters = {name: dict(parameter) for name, parameter in template.get("Parameters", {}).items()}
    for parameter in parameters.values():
        is_stored = str(parameter.get("Type", "")).startswith("AWS::SSM::Parameter::Value")
        if is_stored and str(parameter.get("Default", "")).startswith("/aws/service/"):
            parameter["Type"] = "String"
    return parameters


def _name_the_resource_that_fails() -> None:
    """Moto raises a resource's error without the name of the resource; add it."""
    stock = original(parsing, "parse_and_create_resource")

    def parse_and_create_resource(
        logical_id: str, resource_json: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        try:
            return stock(logical_id, resource_json, *args, **kwargs)
        except DeploymentFailed:  # of a resource that this one refers to
            raise
        except Exception as error:
            raise DeploymentFailed(logical_id, resource_json["Type"], _reason(error)) from error

    replace(parsing, "parse_and_create_resource", parse_and_create_resource)


def _reason(error: Exception) -> str:
    """An error's message. A KeyError has only the key, so it is put into a sentence."""
    return f"it refers to {error}, which does not exist" if isinstance(error, KeyError) else str(error)


class _ResourceFactory:
    """Creates resources of one type; used where moto expects a model class."""

    def __init__(self, local: Aws, resource_type: str) -> None:
        self._local = local
        self._type = resource_type

    def create_from_cloudformation_json(
        self, name: str, resource: dict[str, Any], _account: str, _region: str, **ids: str
    ) -> "_Resource":
        request = Request(
            local=self._local,
            type=self._type,
            logical_id=ids["LogicalId"],
            stack_id=ids["StackId"],
            name=name,
            properties=_without_nones(resource["Properties"]),
        )
        if self._type.startswith(_CUSTOM):
            return _Resource(request.logical_id, create_custom_resource(request))
        if self._type not in RESOURCE_TYPES:
            message = f"the local AWS does not support {self._type}: add it to cloudformation_resources.py"
            raise NotImplementedError(message)
        return _Resource(request.logical_id, RESOURCE_TYPES[self._type].create(request))

    def has_cfn_attr(self, _attribute: str) -> bool:
        return True  # `_Resource.get_cfn_attribute` rejects unknown ones


class _Resource:
    """A created resource, with the interface that moto needs."""

    def __init__(self, logical_id: str, created: Created) -> None:
        self._logical_id = logical_id
        self._attributes = created.attributes
        self.physical_resource_id = created.physical_id

    def get_cfn_attribute(self, name: str) -> str:
        if name not in self._attributes:
            known = ", ".join(sorted(self._attributes)) or "no attributes"
            message = f"{self._logical_id} has no attribute {name}, only: {known}"
            raise ValueError(message)
        return self._attributes[name]

    def is_created(self) -> bool:
        return True


def _without_nones(value: Any) -> Any:
    """Moto leaves a None in a list where an Fn::If chose AWS::NoValue."""
    if isinstance(value, dict):
        return {key: _without_nones(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nones(item) for item in value if item is not None]
    return value
