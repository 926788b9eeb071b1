"""`make report`: the page of a lake, and the link to that of a stack."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
import requests
from moto import mock_aws
from typer.testing import CliRunner, Result

from build_report.places import LATEST
from infra.local import cli
from infra.local.report import StackReportMissing, page_of, presigned_link

OUTPUTS = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-lake"}}}


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """The addresses that a browser would open."""
    monkeypatch.chdir(tmp_path)
    browser = Mock()
    monkeypatch.setattr("infra.local.cli.webbrowser.open", browser)
    return browser


def lake_with_pages(*ages: int) -> Path:
    """A lake with a bucket for each page, which is so many seconds old."""
    lake = Path("lake")
    (lake / "s3").mkdir(parents=True)
    for age in ages:
        page = lake / "s3" / f"curated-{age}" / LATEST
        page.parent.mkdir(parents=True)
        page.write_text("page")
        os.utime(page, (1_000_000 - age, 1_000_000 - age))
    return lake


def report(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["report", *words])


def test_the_newest_page_is_opened_and_its_path_is_printed(opened: Mock) -> None:
    lake = lake_with_pages(30, 10)
    done = report("--lake", str(lake))
    page = (lake / "s3" / "curated-10" / LATEST).absolute()
    assert done.stdout == f"{page}\n"
    opened.assert_called_once_with(page.as_uri())


def test_a_lake_without_a_page_is_reported(opened: Mock) -> None:
    done = report("--lake", str(lake_with_pages()))
    assert done.exit_code == 2
    assert "The lake lake has no report" in done.stderr
    opened.assert_not_called()


def test_a_page_of_the_output_is_found_in_the_lake() -> None:
    assert page_of(Path("lake"), "s3://bucket/reports/x.html") == Path("lake/s3/bucket/reports/x.html")


def deploy(outputs: dict[str, Any]) -> None:
    template = {"Resources": OUTPUTS, **({"Outputs": outputs} if outputs else {})}
    boto3.client("cloudformation").create_stack(StackName="spotify-lake", TemplateBody=json.dumps(template))


@mock_aws
def test_the_link_of_a_stack_leads_to_its_page(opened: Mock) -> None:
    deploy({"CuratedBucketName": {"Value": {"Ref": "Bucket"}}})
    boto3.client("s3").put_object(Bucket="the-lake", Key=LATEST, Body=b"the page")
    done = report("--stack", "spotify-lake")
    assert done.exit_code == 0, done.stderr
    link = done.stdout.rstrip("\n")
    assert "\n" not in link
    assert requests.get(link, timeout=5).text == "the page"
    assert "for 60 minutes" in done.stderr
    opened.assert_not_called()


@mock_aws
def test_a_stack_without_a_page_or_bucket_is_reported() -> None:
    deploy({"CuratedBucketName": {"Value": {"Ref": "Bucket"}}})
    with pytest.raises(StackReportMissing, match="it has no report yet"):
        presigned_link("spotify-lake")
    boto3.client("cloudformation").delete_stack(StackName="spotify-lake")
    deploy({})
    with pytest.raises(StackReportMissing, match="no output CuratedBucketName"):
        presigned_link("spotify-lake")


@mock_aws
def test_a_stack_that_does_not_exist_is_reported() -> None:
    with pytest.raises(StackReportMissing, match=r"'unknown'.*does not exist.* Check the stack's name"):
        presigned_link("unknown")


def test_a_shell_without_a_region_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(StackReportMissing, match=r"region.* AWS_REGION"):
        presigned_link("spotify-lake")
