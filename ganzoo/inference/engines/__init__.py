"""Networks that another engine than torch computes: ONNX Runtime, OpenVINO."""
