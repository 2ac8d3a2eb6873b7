"""Network file systems are recognised by the mount table and refused."""

from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store.place import kind_of, refuse_network

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv rw - xfs /dev/vdb rw
31 30 0:41 / /srv/Netz\\040Platte rw - nfs4 server:/export rw
32 22 0:42 / /freigabe rw - cifs //server/amt rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/var/lib/qv", "ext4"), ("/srv/qv", "xfs"), ("/srv/Netz Platte/qv", "nfs4"),
     ("/freigabe", "cifs"), ("/freigaben", "ext4")],
)  # fmt: skip
def test_the_nearest_mount_counts(mounts: Path, folder: str, kind: str) -> None:
    assert kind_of(Path(folder), mounts) == kind


@pytest.mark.parametrize("folder", ["/srv/Netz Platte/qv", "/freigabe/daten"])
def test_a_network_file_system_is_refused_with_a_remedy(mounts: Path, folder: str) -> None:
    with pytest.raises(StoreError, match="Netzlaufwerk") as caught:
        refuse_network(Path(folder), mounts)

    assert "--data" in caught.value.remedy


def test_without_a_mount_table_nothing_is_refused(tmp_path: Path) -> None:
    assert kind_of(tmp_path, tmp_path / "nirgends") == ""
    refuse_network(tmp_path, tmp_path / "nirgends")
