"""The exported directories: who owns them, and that a group can work in them together."""

from __future__ import annotations

import contextlib
import os
import stat
import struct
from pathlib import Path

from slipway.node.config import NodeConfig

#: Jobs are the owner or of the group, notebooks neither: all may make something, nobody may remove what is another's,
#: and the group is inherited. What one makes, others read, and the group's members change (``default_acl``).
MODE = 0o3777
#: What earlier releases made: notebooks were the owner.
FORMER_MODE = 0o2775

#: POSIX ACL tags and "no id", linux/posix_acl_xattr.h.
_VERSION, _USER_OBJ, _GROUP_OBJ, _OTHER, _NO_ID = 2, 0x01, 0x04, 0x20, 0xFFFFFFFF


def default_acl() -> bytes:
    """The extended attribute system.posix_acl_default for rwxrwxr-x.

    With it a process' umask does not count: what one user of the group creates, the others can change.
    """
    entries = ((_USER_OBJ, 7), (_GROUP_OBJ, 7), (_OTHER, 5))
    return struct.pack("<I", _VERSION) + b"".join(struct.pack("<HHI", tag, bits, _NO_ID) for tag, bits in entries)


def ensure(config: NodeConfig) -> None:
    """Create what is missing. What exists keeps its owner and mode: they may have been changed on purpose."""
    for parent in (config.data, config.exports, config.local_volumes):
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    # The server and the kubelet are root; the machine's own users have no business in there.
    config.exports.chmod(0o700)
    for volume in config.volumes:
        path = config.exports / volume
        if not path.exists():
            create(path, config.nfs_uid, config.nfs_gid)
            continue
        status = path.stat()
        if (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (
            config.nfs_uid,
            config.nfs_gid,
            FORMER_MODE,
        ):
            path.chmod(MODE)


def create(path: Path, uid: int, gid: int) -> None:
    """One volume's directory. It gets its name last: a kill in between leaves none with a wrong owner."""
    part = path.with_name(f".{path.name}.part")
    part.mkdir(exist_ok=True)
    os.chown(part, uid, gid)
    part.chmod(MODE)
    # Not every file system has ACLs; then the umask decides.
    with contextlib.suppress(OSError):
        os.setxattr(part, "system.posix_acl_default", default_acl())
    part.rename(path)
