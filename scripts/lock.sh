#!/bin/sh
# Resolve pyproject.toml for all supported Pythons and platforms. CUDA packages are left out: torch pins its own
# exactly, and the CPU build needs none.
set -eu
cuda="cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime
nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13
nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton"
left_out=""
for package in $cuda; do
    left_out="$left_out --no-emit-package $package"
done
options="--universal --python-version 3.11 --quiet --no-header --no-emit-index-url $left_out"
# shellcheck disable=SC2086  # the options are words
uv pip compile pyproject.toml $options -o requirements.lock
# shellcheck disable=SC2086
uv pip compile pyproject.toml --group dev -c requirements.lock $options -o requirements-dev.lock
