#!/usr/bin/env bash
# Measure ganzoo on one GPU against the reference implementation, in 8 minutes:
#
#     git clone --depth 1 https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix ../reference
#     benchmarks/gpu.sh ../reference [FOLDER]
#
# FOLDER (gpu-results) gets gpu.txt, the tables, and gpu.json, all values. PYTHON names the Python that
# has ganzoo (python); MINUTES, after how many nothing more is begun (7, as what runs then ends too).
set -euo pipefail
reference=$(cd "${1:?the folder of the reference implementation}" && pwd)
folder=$(mkdir -p "${2:-gpu-results}" && cd "${2:-gpu-results}" && pwd)
cd "$(dirname "$0")/.."
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tee "$folder/gpu.txt"
timeout 480 "${PYTHON:-python}" -m benchmarks gpu --against "$reference" --minutes "${MINUTES:-7}" \
    --repeats 5 --json "$folder/gpu.json" 2>&1 | tee -a "$folder/gpu.txt"
