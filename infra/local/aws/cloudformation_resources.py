"""Create each resource type of a stack through its service's API.

The property names of CloudFormation nearly match the parameters of the API. A property that the API does not
know fails the deployment, so a misspelt one is found before a deployment to AWS.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from botocore import xform_name
from botocore.model import Shape

from infra.local.aws.context import Aws


class Request(NamedTuple):
    """A resource to be created.

    Attributes:
        local: where.
        type: such as `AWS::Glue::Job`.
        logical_id: its name in the template.
        stack_id: the ARN of its stack.
        name: the name that the template gives it, or a generated one.
        properties: its properties, with all functions resolved.
    """

    local: Aws
    type: str
    logical_id: str
    stack_id: str
    name: str
    properties: dict[str, Any]


class Created(NamedTuple):
    """A created resource: the values of `Ref` and `Fn::GetAtt`."""

    physical_id: str
    attributes: dict[str, str] = {}  # noqa: RUF012 (never changed)


class ResourceType(NamedTuple):
    """How a type is created, and which property holds its name (None: it has none)."""

    name_property: str | None
    create: Callable[[Request], Created]


def _call(request: Request, service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Call the API, with the parameters converted to its types: a template's numbers are often text."""
    client = request.local.client(service)
    shape = client.meta.service_model.operation_model(operation).input_shape
    response: dict[str, Any] = getattr(client, xform_name(operation))(**_shaped(parameters, shape))
    return response


def _shaped(value: Any, shape: Shape) -> Any:
    kind = shape.type_name
    if kind == "structure":
        members = shape.members  # type: ignore[attr-defined]  # of a StructureShape
        # An unknown parameter is kept: botocore then names it, and the known ones.
        return {
            name: _shaped(item, members[name]) if name in members else item for name, item in value.items()
        }
    if kind == "list":
        member = shape.member  # type: ignore[attr-defined]  # of a ListShape
        return [_shaped(item, member) for item in value]
    if kind == "map":
        item_shape = shape.value  # type: ignore[attr-defined]  # of a MapShape
        return {str(name): _shaped(item, item_shape) for name, item in value.items()}
    return _scalar(value, kind)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string":
        if isinstance(value, bool):
            return str(value).lower()
        return json.dumps(value) if isinstance(value, dict) else str(value)
    if kind in {"integer", "long"}:
        return int(value)
    if kind in {"float", "double"}:
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}[value]
    return value


def _without(properties: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in set(names)}


def _tag_map(properties: dict[str, Any]) -> dict[str, Any]:
    """Convert CloudFormation's list of tags to the map that some APIs need."""
    tags = properties.get("Tags", [])
    return {**properties, "Tags": {tag["Key"]: tag["Value"] for tag in tags}} if tags else properties


def _named(request: Request, service: str, operation: str, properties: dict[str, Any]) -> Created:
    """The common case: the API takes the properties and `Name`, which is then what `Ref` gives."""
    _call(request, service, operation, {**properties, "Name": request.name})
    return Created(request.name)


def _bucket(request: Request) -> Created:
    # Ignored: properties without an effect on a local run. Versioning and events have one.
    ignored = {"BucketEncryption", "LifecycleConfiguration", "OwnershipControls", "Tags"}
    ignored |= {"PublicAccessBlockConfiguration", "BucketName"}
    calls = {
        "VersioningConfiguration": "PutBucketVersioning",
        "NotificationConfiguration": "PutBucketNotificationConfiguration",
    }
    location = {} if request.local.region == "us-east-1" else {"LocationConstraint": request.local.region}
    configuration = {"CreateBucketConfiguration": location} if location else {}
    _call(request, "s3", "CreateBucket", {"Bucket": request.name, **configuration})
    for name, value in _without(request.properties, ignored).items():
        if name not in calls:
            message = f"the local S3 does not support {name}"
            raise NotImplementedError(message)
        given = _event_bridge(value) if name == "NotificationConfiguration" else value
        _call(request, "s3", calls[name], {"Bucket": request.name, name: given})
    domain = f"{request.name}.s3.amazonaws.com"
    arn = f"arn:aws:s3:::{request.name}"
    return Created(request.name, {"Arn": arn, "DomainName": domain, "RegionalDomainName": domain})


def _event_bridge(notifications: dict[str, Any]) -> dict[str, Any]:
    """Convert to the API's form, in which an empty EventBridgeConfiguration enables events."""
    if "EventBridgeConfiguration" not in notifications:
        return notifications
    enabled = notifications["EventBridgeConfiguration"].get("EventBridgeEnabled", True)
    rest = _without(notifications, {"EventBridgeConfiguration"})
    return {**rest, "EventBridgeConfiguration": {}} if str(enabled).lower() == "true" else rest


def _function(request: Request) -> Created:
    own = f":{request.local.account_id}:layer:"
    # AWS's layer with awswrangler is another account's and does not exist here; this machine has the package.
    layers = [arn for arn in request.properties.get("Layers", []) if own in arn]
    properties = {**_tag_map(request.properties), "FunctionName": request.name, "Layers": layers}
    response = _call(request, "lambda", "CreateFunction", properties)
    return Created(request.name, {"Arn": response["FunctionArn"]})


def _layer_version(request: Request) -> Created:
    properties = {**request.properties, "LayerName": request.name}
    arn = _call(request, "lambda", "PublishLayerVersion", properties)["LayerVersionArn"]
    return Created(arn, {"LayerVersionArn": arn})


def _state_machine(request: Request) -> Created:
    definition = _definition(request)
    response = _call(
        request,
        "stepfunctions",
        "CreateStateMachine",
        {
            "name": request.name,
            "definition": definition,
            "roleArn": request.properties["RoleArn"],
            "type": request.properties.get("StateMachineType", "STANDARD"),
        },
    )
    arn = response["stateMachineArn"]
    return Created(arn, {"Arn": arn, "Name": request.name})


def _definition(request: Request) -> str:
    """The state machine's definition. Moto reads neither the one in S3 nor the substitutions."""
    properties = request.properties
    if "DefinitionS3Location" in properties:
        place = properties["DefinitionS3Location"]
        found = request.local.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"])
        text = found["Body"].read().decode()
    else:
        text = properties.get("DefinitionString") or json.dumps(properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{name}}}", str(value))
    left = sorted(set(re.findall(r"\$\{\w+\}", text)))
    if left:
        message = f"DefinitionSubstitutions has nothing for {', '.join(left)}"
        raise ValueError(message)
    return str(text)


def _glue_database(request: Request) -> Created:
    name = request.properties["DatabaseInput"].get("Name", request.name)
    database = {**request.properties["DatabaseInput"], "Name": name}
    rest = _without(request.properties, {"DatabaseName"})
    _call(request, "glue", "CreateDatabase", {**rest, "DatabaseInput": database})
    return Created(name)


def _glue_table(request: Request) -> Created:
    _call(request, "glue", "CreateTable", request.properties)
    return Created(request.properties["TableInput"]["Name"])


def _glue_job(request: Request) -> Created:
    return _named(request, "glue", "CreateJob", request.properties)


def _crawler(request: Request) -> Created:
    schedule = request.properties.get("Schedule", {}).get("ScheduleExpression")
    rest = _without(request.properties, {"Schedule"})
    return _named(request, "glue", "CreateCrawler", {**rest, "Schedule": schedule} if schedule else rest)


def _work_group(request: Request) -> Created:
    rest = _without(request.properties, {"RecursiveDeleteOption", "WorkGroupConfiguration"})
    configuration = request.properties.get("WorkGroupConfiguration", {})
    return _named(request, "athena", "CreateWorkGroup", {**rest, "Configuration": configuration})


def _named_query(request: Request) -> Created:
    response = _call(request, "athena", "CreateNamedQuery", {"Name": request.name, **request.properties})
    return Created(response["NamedQueryId"], {"NamedQueryId": response["NamedQueryId"]})


def _secret(request: Request) -> Created:
    properties = _without(request.properties, {"GenerateSecretString"})
    if "GenerateSecretString" in request.properties:
        properties["SecretString"] = _generated_secret(request, request.properties["GenerateSecretString"])
    arn = _call(request, "secretsmanager", "CreateSecret", {**properties, "Name": request.name})["ARN"]
    return Created(arn, {"Id": arn})


def _generated_secret(request: Request, options: dict[str, Any]) -> str:
    template, key = options.get("SecretStringTemplate"), options.get("GenerateStringKey")
    wanted = _without(options, {"SecretStringTemplate", "GenerateStringKey"})
    response = _call(request, "secretsmanager", "GetRandomPassword", wanted)
    password = str(response["RandomPassword"])
    return json.dumps({**json.loads(template), key: password}) if template else password


def _schedule(request: Request) -> Created:
    properties = {**request.properties, "Name": request.name}
    response = _call(request, "scheduler", "CreateSchedule", properties)
    return Created(request.name, {"Arn": response["ScheduleArn"]})


def _alarm(request: Request) -> Created:
    _call(request, "cloudwatch", "PutMetricAlarm", {**request.properties, "AlarmName": request.name})
    local = request.local
    arn = f"arn:aws:cloudwatch:{local.region}:{local.account_id}:alarm:{request.name}"
    return Created(request.name, {"Arn": arn})


def _subscription(request: Request) -> Created:
    return Created(_call(request, "sns", "Subscribe", request.properties)["SubscriptionArn"])


def _event_invoke_config(request: Request) -> Created:
    _call(request, "lambda", "PutFunctionEventInvokeConfig", request.properties)
    return Created(request.logical_id)


def _nothing(request: Request) -> Created:
    """A permission, which is ignored: nothing is checked here.

    Moto would enforce a bucket's policy incorrectly: it ignores the Condition of a Deny.
    """
    return Created(request.name)


RESOURCE_TYPES = {
    "AWS::Athena::NamedQuery": ResourceType("Name", _named_query),
    "AWS::Athena::WorkGroup": ResourceType("Name", _work_group),
    "AWS::CloudWatch::Alarm": ResourceType("AlarmName", _alarm),
    "AWS::Glue::Crawler": ResourceType("Name", _crawler),
    "AWS::Glue::Database": ResourceType("DatabaseName", _glue_database),
    "AWS::Glue::Job": ResourceType("Name", _glue_job),
    "AWS::Glue::Table": ResourceType(None, _glue_table),
    "AWS::Lambda::EventInvokeConfig": ResourceType(None, _event_invoke_config),
    "AWS::Lambda::Function": ResourceType("FunctionName", _function),
    "AWS::Lambda::LayerVersion": ResourceType("LayerName", _layer_version),
    "AWS::Lambda::Permission": ResourceType(None, _nothing),
    "AWS::S3::Bucket": ResourceType("BucketName", _bucket),
    "AWS::S3::BucketPolicy": ResourceType(None, _nothing),
    "AWS::SNS::Subscription": ResourceType(None, _subscription),
    "AWS::SNS::TopicPolicy": ResourceType(None, _nothing),
    "AWS::SQS::QueuePolicy": ResourceType(None, _nothing),
    "AWS::Scheduler::Schedule": ResourceType("Name", _schedule),
    "AWS::SecretsManager::Secret": ResourceType("Name", _secret),
    "AWS::StepFunctions::StateMachine": ResourceType("StateMachineName", _state_machine),
}
