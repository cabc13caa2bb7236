"""One Spark session on this machine for all tests here, with the user's configuration played by a file."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.registration.build.spark import session

NEEDED = "needs Java 17 and the extra spark: make install-spark"
# Small chunks, so that a small inventory has many; everything on loopback; nothing compiled for a few rows.
CONFIGURATION = """
spark.master local[2]
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
spark.driver.memory 1g
spark.sql.shuffle.partitions 3
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
spark.sql.files.maxPartitionBytes 8192
spark.sql.files.openCostInBytes 1
spark.sql.session.timeZone Asia/Tokyo
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("java") is None or importlib.util.find_spec("pyspark") is None:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=NEEDED))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("spark")
    (folder / "spark-defaults.conf").write_text(CONFIGURATION)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        patch.setenv("SPARK_LOCAL_DIRS", str(folder))
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        with session() as opened:
            opened.sparkContext.setLogLevel("OFF")
            yield opened
        _end_java()


def _end_java() -> None:
    """The session's end leaves Java running until Python ends."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    assert gateway is not None
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()
