"""Outputs of models as files that other programs run: ONNX, OpenVINO, torch.export, `.pth`."""
