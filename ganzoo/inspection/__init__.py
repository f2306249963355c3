"""Folders of images, looked at before anything is trained on them: `ganzoo data check`."""
