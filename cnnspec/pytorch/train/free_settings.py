"""Settings that a run does not follow from: where it is computed, where its data lie, how often it is saved, texts."""

FREE = ("name", "description", "source", "data_dir", "device", "threads", "workers", "save_every")
