"""Documents: facts become a tree of blocks, one writer per format sets any tree in type."""
