"""Files through Hadoop's file systems, so that s3:// on Glue and on this machine and file:// are one code.

boto3 would see only real S3; Spark's own configuration decides what `s3://` means.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from pyspark.sql import SparkSession

_TO_JOIN: Final = 2
_ROW_GROUP_BYTES: Final = 128 * 1024 * 1024


class HadoopFiles:
    """The few file operations the job needs, on any URI that Spark can reach."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark._jvm
        self._hadoop_configuration: Any = spark._jsc.hadoopConfiguration()

    def exists(self, uri: str) -> bool:
        """Tell whether there is a file or folder."""
        path, fs = self._open(uri)
        return bool(fs.exists(path))

    def names(self, uri: str) -> list[str]:
        """Return the names in a folder, sorted; none when there is no such folder."""
        path, fs = self._open(uri)
        if not fs.exists(path):
            return []
        return sorted(str(status.getPath().getName()) for status in fs.listStatus(path))

    def read_text(self, uri: str) -> str:
        """Return a UTF-8 text file whole."""
        path, fs = self._open(uri)
        stream = fs.open(path)
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write_text(self, uri: str, text: str) -> None:
        """Write a UTF-8 text file, replacing what was there."""
        path, fs = self._open(uri)
        stream = fs.create(path, True)
        try:
            stream.write(text.encode())
        finally:
            stream.close()

    def replace(self, source: str, target: str) -> None:
        """Put a file in another's place at one stroke, making the target's parents.

        On an object store an uploaded object appears when it is whole, and the source stays. On a POSIX disk
        a rename does it, and the source goes.

        Raises:
            OSError: the source could not be read whole; the target is as it was.
        """
        source_path, fs = self._open(source)
        target_path = self._path(target)
        on_disk = fs.resolvePath(source_path).toUri()
        if on_disk.getScheme() != "file":
            # By way of this machine's disk: Hadoop's own copy, when reading fails half way, closes its
            # output, and what S3 has got by then becomes the object.
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / source_path.getName()
                fs.copyToLocalFile(False, source_path, self._path(whole.as_uri()), True)
                if whole.stat().st_size != fs.getFileStatus(source_path).getLen():
                    raise OSError(f"could not read {source} whole")
                self.upload(whole, target)
            return
        # Hadoop's rename refuses a target that exists, and keeps a checksum beside each file: between the two
        # renames a reader would find a file and a checksum that differ. So neither has one.
        fs.mkdirs(target_path.getParent())
        folder = fs.resolvePath(target_path.getParent()).toUri()
        for file in (source_path, target_path):
            fs.delete(self._path(f"{file.getParent()}/.{file.getName()}.crc"), False)
        Path(on_disk.getPath()).replace(Path(folder.getPath()) / target_path.getName())

    def join_parquet(self, folder: str) -> None:
        """Make one Parquet file of all those in a folder: row groups are copied as they are, not decoded."""
        path, fs = self._open(folder)
        parts = [status.getPath() for status in fs.listStatus(path)]
        parts = sorted((p for p in parts if str(p.getName()).endswith(".parquet")), key=str)
        if len(parts) < _TO_JOIN:
            return
        hadoop = self._jvm.org.apache.parquet.hadoop
        sources = [hadoop.util.HadoopInputFile.fromPath(p, self._hadoop_configuration) for p in parts]
        reader = hadoop.ParquetFileReader.open(sources[0])
        facts = reader.getFooter().getFileMetaData()
        reader.close()
        writer = hadoop.ParquetFileWriter(
            hadoop.util.HadoopOutputFile.fromPath(
                self._path(f"{folder}/joined.parquet"), self._hadoop_configuration
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
        """Delete a file or a folder with all in it; nothing happens when there is none."""
        path, fs = self._open(uri)
        fs.delete(path, True)

    def parquet_rows(self, folder: str) -> int:
        """Count the rows of a folder's Parquet files by their footers: no row is read, no job started."""
        path, fs = self._open(folder)
        files = [status.getPath() for status in fs.listStatus(path)]
        return sum(
            int(block.getRowCount())
            for each in files
            if str(each.getName()).endswith(".parquet")
            for block in self._row_groups(each)
        )

    def upload(self, file: Path, uri: str) -> None:
        """Move a file of this machine to a URI, replacing what is there."""
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

    def _path(self, uri: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(uri)

    def _open(self, uri: str) -> tuple[Any, Any]:
        path = self._path(uri)
        return path, path.getFileSystem(self._hadoop_configuration)
