"""A crawler that reads the Parquet files and registers what it finds in the Glue catalog.

Moto's crawler looks at nothing: it stays RUNNING until its crawls are listed, ends in COMPLETED (the real
one's last crawl says SUCCEEDED), and the catalog stays as it was.
"""

import logging
import threading
from typing import Any, ClassVar

from moto.core.utils import utcnow
from moto.glue import models as glue_models
from moto.s3.models import s3_backends

from infra.local.aws import patches
from infra.local.aws.catalog_update import update_catalog
from infra.local.aws.context import Aws
from infra.local.aws.crawled_folders import Target, find_tables
from infra.local.aws.own_status import OwnStatus

_log = logging.getLogger(__name__)

# What GetCrawler calls the end of a crawl, by what ListCrawls calls it.
_LAST_CRAWL_STATUS = {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED", "FAILED": "FAILED"}


def install(local: Aws) -> None:
    """Make every crawler of this AWS a real one."""
    patches.replace(glue_models, "FakeCrawler", type("LocalCrawler", (LocalCrawler,), {"local": local}))
    patches.replace(glue_models, "FakeCrawl", LocalCrawl)


class LocalCrawl(OwnStatus, glue_models.FakeCrawl):  # type: ignore[misc]  # moto is not typed here
    """One crawl: RUNNING, then COMPLETED, FAILED or STOPPED."""

    error: str | None = None

    def advance(self) -> None:
        """Moto's way of ending a crawl; the work ends this one."""

    def end(self, status: str, error: str | None = None) -> None:
        """Note how it ended."""
        self.end_time, self.error = utcnow(), error
        self.status = status


class LocalCrawler(glue_models.FakeCrawler):  # type: ignore[misc]  # moto is not typed here
    """A crawler that crawls."""

    local: ClassVar[Aws]

    def start_crawler(self) -> None:
        """Start a crawl; see StartCrawler."""
        if self.status != "READY":
            message = f"Crawler with name {self.name} has already started"
            raise glue_models.CrawlerRunningException(message)
        crawl = glue_models.FakeCrawl(self.name)
        self.crawls.append(crawl)
        thread = threading.Thread(target=self._work, args=(crawl,), name=crawl.crawl_id, daemon=True)
        thread.start()
        self.local.on_close(thread.join)  # or the catalog would be saved half crawled

    def as_dict(self) -> dict[str, Any]:
        """The crawler as GetCrawler gives it: the last crawl is the last one that ended."""
        described = dict(super().as_dict())
        described.pop("LastCrawl", None)
        ended = [crawl for crawl in self.crawls if crawl.end_time]
        if self.status != "READY":
            started = self.crawls[-1].start_time
            described["CrawlElapsedTime"] = int((utcnow() - started).total_seconds() * 1000)
        if ended:
            last = ended[-1]
            described["LastCrawl"] = {
                "Status": _LAST_CRAWL_STATUS[last.status],
                "LogGroup": last.log_group,
                "LogStream": last.log_stream,
                "MessagePrefix": last.message_prefix,
                "StartTime": last.start_time,
                **({"ErrorMessage": last.error} if last.error else {}),
            }
        return described

    def _work(self, crawl: LocalCrawl) -> None:
        try:
            targets = [Target.from_api(target) for target in self.targets.get("S3Targets") or ()]
            found = find_tables(s3_backends[self.local.account_id]["aws"], targets)
            if crawl.status == "STOPPING":
                return crawl.end("STOPPED")
            update_catalog(self, found, targets)
        except Exception as error:
            _log.warning("The crawler %s failed: %s", self.name, error)
            return crawl.end("FAILED", getattr(error, "message", None) or str(error))
        return crawl.end("STOPPED" if crawl.status == "STOPPING" else "COMPLETED")
