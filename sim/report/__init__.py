"""How results read: blocks, words and figures, a file each question."""
