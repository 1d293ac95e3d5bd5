"""nfs-ganesha's configuration: NFSv4 only, one export per volume.

Syntax and defaults: https://github.com/nfs-ganesha/nfs-ganesha/blob/V4-stable/src/config_samples/config.txt
"""

from __future__ import annotations

from collections.abc import Sequence

from slipway.node.config import NodeConfig

PORT = 2049


def configuration(config: NodeConfig, exports: Sequence[tuple[int, str]], clients: Sequence[str]) -> str:
    """ganesha.conf. ``exports`` are (id, volume); ``clients`` addresses or CIDRs that may read and write.

    Root of a client becomes the owner of the volumes: what a root container writes stays readable to notebooks.
    """
    blocks = [_export(config, number, volume, clients) for number, volume in exports]
    return _HEAD.format(recovery=config.state / "nfs") + "".join(blocks)


_HEAD = """\
# Written by slipway; changes here are lost.
NFS_CORE_PARAM {{
  Protocols = 4;
  NFS_Port = 2049;
  Enable_UDP = false;
  Enable_NLM = false;
  Enable_RQUOTA = false;
  mount_path_pseudo = true;
}}

NFSV4 {{
  Only_Numeric_Owners = true;
  RecoveryBackend = fs;
  RecoveryRoot = {recovery};
  Lease_Lifetime = 20;
  Grace_Period = 20;
}}

EXPORT_DEFAULTS {{
  Access_Type = NONE;
  Protocols = 4;
  Transports = TCP;
  SecType = sys;
}}

NFS_KRB5 {{
  Active_krb5 = false;
}}

LOG {{
  Default_Log_Level = EVENT;
}}
"""


def _export(config: NodeConfig, number: int, volume: str, clients: Sequence[str]) -> str:
    return f"""
EXPORT {{
  Export_Id = {number};
  Path = {config.exports / volume};
  Pseudo = /{volume};
  Squash = Root_Squash;
  Anonymous_Uid = {config.nfs_uid};
  Anonymous_Gid = {config.nfs_gid};
  FSAL {{ Name = VFS; }}
  CLIENT {{ Clients = {", ".join(clients)}; Access_Type = RW; }}
}}
"""


def numbered(volumes: Sequence[str], known: dict[str, int]) -> dict[str, int]:
    """An export id for each volume, stable for those that are known: clients hold file handles that carry it."""
    ids = dict(known)
    for volume in volumes:
        if volume not in ids:
            ids[volume] = max(ids.values(), default=0) + 1
    return {volume: ids[volume] for volume in volumes}
