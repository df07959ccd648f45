"""The layouts of folders into which a dataset is exported, one file for each."""
