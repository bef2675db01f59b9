"""Graph -> what people and programs use: one file each."""
