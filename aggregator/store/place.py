"""On what kind of file system a folder lies: a write-ahead log must not lie on a network.

Its index is memory that all processes of one machine share; over a network each machine would have
its own, and the file would be damaged (https://sqlite.org/wal.html).
"""

from functools import cache
from pathlib import Path

from aggregator.errors import StoreError

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "9p", "glusterfs",
           "lustre", "gpfs", "ocfs2", "gfs2", "davfs", "fuse.sshfs", "fuse.glusterfs",
           "fuse.davfs", "fuse.rclone", "fuse.s3fs"}  # fmt: skip


def kind_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """Return the kind of file system that a folder lies on; "" when nobody says.

    Args:
        folder: It need not exist yet.
        mounts: In the form of proc(5), /proc/pid/mountinfo.
    """
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    wanted = folder.resolve()
    best = (-1, "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = Path(fields[4].encode().decode("unicode_escape"))  # blanks are written \040
        if wanted.is_relative_to(point) and len(point.parts) >= best[0]:  # later mounts cover
            best = (len(point.parts), after.split()[0])
    return best[1]


def refuse_network(folder: Path, mounts: Path = MOUNTS) -> None:
    """Refuse a folder on a network file system.

    Raises:
        StoreError: It is one.
    """
    kind = _kind_kept(folder, mounts)
    if kind in NETWORK:
        raise StoreError(
            f"die Datenbank läge auf einem Netzlaufwerk ({kind}) und würde dort beschädigt",
            where=str(folder),
            remedy="den Ordner der Daten (--data) auf eine Platte dieses Rechners legen",
        )


@cache
def _kind_kept(folder: Path, mounts: Path) -> str:
    """Look once for each folder: connections are opened for every page."""
    return kind_of(folder, mounts)
