#!/bin/bash
# Unpacks Debian's PyTorch into the directory $1 and cuts what a trainer never uses.
#
# Debian links libtorch to OpenCV, FFmpeg and some 150 packages behind them, and no symbol of theirs is used: these links
# are removed. The script stops if that should change. Headers, test programs and examples stay out.
set -euo pipefail
target=$1
apt-get download libtorch1.13 python3-torch
for package in libtorch1.13_*.deb python3-torch_*.deb; do dpkg-deb -x "$package" "$target"; done

cd "$target/usr/lib/x86_64-linux-gnu"
library=libtorch_cpu.so.1.13.0
objdump -p $library | awk '/NEEDED/ {print $2}' | grep -E 'opencv|libav|libsw|lmdb|leveldb|snappy|libzmq|OpenCL|libzstd' |
    while read -r name; do patchelf --remove-needed "$name" $library; done
if nm -D --undefined-only $library | grep -E ' (_ZN2cv|av_|avcodec|sws_|swr_|mdb_|_ZN7leveldb|zmq_|clCreate|ZSTD_)'; then
    echo "these symbols are used after all: keep their libraries" >&2
    exit 1
fi

cd "$target/usr/lib/python3/dist-packages"
rm -rf torch/include torch/test caffe2
find torch/bin -type f ! -name torch_shm_manager -delete
cd / && python3 -m compileall -q "$target/usr/lib/python3/dist-packages"
