"""YOLO architectures of ultralytics (AGPL-3.0)."""
