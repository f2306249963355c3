"""`report.html`: a run on one page, from the files of its folder. Nothing here imports torch."""
