"""One page a file; each draws from named questions and holds no rule."""
