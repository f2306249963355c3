"""Run folders on disk: their files, record and listing."""
