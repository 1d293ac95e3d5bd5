"""One file with all that an installation without a network needs.

An uncompressed tar file whose members are packed one by one: any of them can be read without the others.

slipway-bundle/
  bootstrap.sh          gets Slipway itself onto the machine
  SHA256SUMS            of every other member
  bundle.json           what it is for
  artifacts.lock.yaml   which artifacts, by key and digest
  sbom.cdx.json         what is in it: CycloneDX 1.6
  distribution/         manifests, overlays, playbooks, sources of the images
  wheels/               Slipway and its Python dependencies, with hashes
  packages/             the host's packages, as an apt repository
  blobs/sha256/         images' blobs and binaries, each packed by zstd
"""
