"""Files through Hadoop's file systems, so that the same code handles s3:// and file:// everywhere.

boto3 would reach real S3 only. What `s3://` means is set in Spark's own configuration.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from pyspark.sql import SparkSession

_MINIMUM_PARTS: Final = 2
_ROW_GROUP_BYTES: Final = 128 * 1024 * 1024


class HadoopFiles:
    """The file operations that the job needs, on any URI that Spark can reach."""

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self._jvm = jvm
        self._path: Any = jvm.org.apache.hadoop.fs.Path  # kept: each part of the name is a call
        self._hadoop_configuration: Any = spark._jsc.hadoopConfiguration()

    def exists(self, uri: str) -> bool:
        """Return whether a file or folder exists."""
        path, fs = self._open(uri)
        return bool(fs.exists(path))

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, sorted; none when it does not exist."""
        path, fs = self._open(uri)
        if not fs.exists(path):
            return []
        return sorted(str(status.getPath().getName()) for status in fs.listStatus(path))

    def read_text(self, uri: str) -> str:
        """Return the content of a UTF-8 text file."""
        path, fs = self._open(uri)
        stream = fs.open(path)
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write_text(self, uri: str, text: str) -> None:
        """Write a UTF-8 text file, replacing an existing one."""
        path, fs = self._open(uri)
        stream = fs.create(path, True)
        try:
            stream.write(text.encode())
        finally:
            stream.close()

    def replace(self, source: str, target: str) -> None:
        """Atomically replace the target with a copy of the source, creating the target's folder.

        On an object store this is an upload: the object appears when it is complete, and the source is
        kept. On a POSIX disk it is a rename, which removes the source.

        Raises:
            OSError: the source could not be read completely. The target is unchanged.
        """
        source_path, fs = self._open(source)
        target_path = self._path(target)
        on_disk = fs.resolvePath(source_path).toUri()
        if on_disk.getScheme() != "file":
            # Copied through this machine's disk. When reading fails half way, Hadoop's own copy closes its
            # output, and S3 stores the truncated object.
            with tempfile.TemporaryDirectory() as folder:
                local = Path(folder) / source_path.getName()
                fs.copyToLocalFile(False, source_path, self._path(local.as_uri()), True)
                if local.stat().st_size != fs.getFileStatus(source_path).getLen():
                    raise OSError(f"could not read all of {source}")
                self.upload(local, target)
            return
        # Hadoop's rename refuses an existing target. It also renames a checksum file next to each file, and
        # between the two renames a reader would find a checksum that differs. So the checksums are deleted.
        fs.mkdirs(target_path.getParent())
        folder = fs.resolvePath(target_path.getParent()).toUri()
        for file in (source_path, target_path):
            fs.delete(self._path(f"{file.getParent()}/.{file.getName()}.crc"), False)
        Path(on_disk.getPath()).replace(Path(folder.getPath()) / target_path.getName())

    def concatenate_parquet(self, folder: str) -> None:
        """Concatenate all Parquet files in a folder into one. Row groups are copied, not decoded."""
        path, fs = self._open(folder)
        parts = [status.getPath() for status in fs.listStatus(path)]
        parts = sorted((p for p in parts if str(p.getName()).endswith(".parquet")), key=str)
        if len(parts) < _MINIMUM_PARTS:
            return
        hadoop = self._jvm.org.apache.parquet.hadoop
        sources = [hadoop.util.HadoopInputFile.fromPath(p, self._hadoop_configuration) for p in parts]
        reader = hadoop.ParquetFileReader.open(sources[0])
        facts = reader.getFooter().getFileMetaData()
        reader.close()
        writer = hadoop.ParquetFileWriter(
            hadoop.util.HadoopOutputFile.fromPath(
                self._path(f"{folder}/concatenated.parquet"), self._hadoop_configuration
            ),
            facts.getSchema(),
            hadoop.ParquetFileWriter.Mode.OVERWRITE,
            _ROW_GROUP_BYTES,
            0,
        )
        writer.start()
        for source in sources:
            writer.appendFile(source)
        writer.end(facts.getKeyValueMetaData())
        for part in parts:
            fs.delete(part, False)

    def delete(self, uri: str) -> None:
        """Delete a file, or a folder with its content, if it exists."""
        path, fs = self._open(uri)
        fs.delete(path, True)

    def parquet_rows(self, folder: str) -> int:
        """Count the rows of a folder's Parquet files from their footers, without a Spark job."""
        path, fs = self._open(folder)
        files = [status.getPath() for status in fs.listStatus(path)]
        return sum(
            int(block.getRowCount())
            for each in files
            if str(each.getName()).endswith(".parquet")
            for block in self._row_groups(each)
        )

    def download_parquet(self, folder: str, target: Path) -> list[Path]:
        """Copy a folder's Parquet files to a local folder and return them."""
        path, fs = self._open(folder)
        found = []
        for status in fs.listStatus(path):
            if str(status.getPath().getName()).endswith(".parquet"):
                found.append(target / str(status.getPath().getName()))
                fs.copyToLocalFile(False, status.getPath(), self._path(found[-1].as_uri()), True)
        return found

    def upload(self, file: Path, uri: str) -> None:
        """Move a local file to a URI, replacing an existing file."""
        path, fs = self._open(uri)
        fs.copyFromLocalFile(True, True, self._path(file.as_uri()), path)

    def _row_groups(self, path: Any) -> Any:
        hadoop = self._jvm.org.apache.parquet.hadoop
        source = hadoop.util.HadoopInputFile.fromPath(path, self._hadoop_configuration)
        reader = hadoop.ParquetFileReader.open(source)
        try:
            return reader.getFooter().getBlocks()
        finally:
            reader.close()

    def _open(self, uri: str) -> tuple[Any, Any]:
        path = self._path(uri)
        return path, path.getFileSystem(self._hadoop_configuration)
